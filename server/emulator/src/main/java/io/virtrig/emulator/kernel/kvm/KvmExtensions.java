package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_CAP_CHECK_EXTENSION_VM;
import static io.virtrig.uapi.Kvm.KVM_CAP_COALESCED_MMIO;
import static io.virtrig.uapi.Kvm.KVM_CAP_COALESCED_PIO;
import static io.virtrig.uapi.Kvm.KVM_CAP_DESTROY_MEMORY_REGION_WORKS;
import static io.virtrig.uapi.Kvm.KVM_CAP_ENABLE_CAP;
import static io.virtrig.uapi.Kvm.KVM_CAP_ENABLE_CAP_VM;
import static io.virtrig.uapi.Kvm.KVM_CAP_IMMEDIATE_EXIT;
import static io.virtrig.uapi.Kvm.KVM_CAP_IOEVENTFD;
import static io.virtrig.uapi.Kvm.KVM_CAP_IOEVENTFD_ANY_LENGTH;
import static io.virtrig.uapi.Kvm.KVM_CAP_IOEVENTFD_NO_LENGTH;
import static io.virtrig.uapi.Kvm.KVM_CAP_IRQCHIP;
import static io.virtrig.uapi.Kvm.KVM_CAP_IRQFD;
import static io.virtrig.uapi.Kvm.KVM_CAP_IRQFD_RESAMPLE;
import static io.virtrig.uapi.Kvm.KVM_CAP_IRQ_INJECT_STATUS;
import static io.virtrig.uapi.Kvm.KVM_CAP_IRQ_ROUTING;
import static io.virtrig.uapi.Kvm.KVM_CAP_JOIN_MEMORY_REGIONS_WORKS;
import static io.virtrig.uapi.Kvm.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2;
import static io.virtrig.uapi.Kvm.KVM_CAP_MAX_VCPUS;
import static io.virtrig.uapi.Kvm.KVM_CAP_MAX_VCPU_ID;
import static io.virtrig.uapi.Kvm.KVM_CAP_MULTI_ADDRESS_SPACE;
import static io.virtrig.uapi.Kvm.KVM_CAP_NR_MEMSLOTS;
import static io.virtrig.uapi.Kvm.KVM_CAP_PIT2;
import static io.virtrig.uapi.Kvm.KVM_CAP_READONLY_MEM;
import static io.virtrig.uapi.Kvm.KVM_CAP_SET_BOOT_CPU_ID;
import static io.virtrig.uapi.Kvm.KVM_CAP_SIGNAL_MSI;
import static io.virtrig.uapi.Kvm.KVM_CAP_SPLIT_IRQCHIP;
import static io.virtrig.uapi.Kvm.KVM_CAP_STEAL_TIME;
import static io.virtrig.uapi.Kvm.KVM_CAP_SYNC_MMU;
import static io.virtrig.uapi.Kvm.KVM_CAP_USER_MEMORY;
import static io.virtrig.uapi.Kvm.KVM_CAP_X2APIC_API;
import static io.virtrig.uapi.Kvm.KVM_COALESCED_MMIO_PAGE_OFFSET;
import static io.virtrig.uapi.Kvm.KVM_DIRTY_LOG_INITIALLY_SET;
import static io.virtrig.uapi.Kvm.KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;
import static io.virtrig.uapi.Kvm.KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK;
import static io.virtrig.uapi.Kvm.KVM_X2APIC_API_USE_32BIT_IDS;

import io.virtrig.emulator.spec.HostConfiguration;

/** What KVM_CHECK_EXTENSION says (kvm_vm_ioctl_check_extension of Linux 6.1 on x86). */
final class KvmExtensions {

  private KvmExtensions() {}

  /** A capability's value; 0 for those unknown, and for those whose feature is not simulated. */
  static int value(HostConfiguration configuration, long extension) {
    if (extension <= 0 || extension > Integer.MAX_VALUE) {
      return extension == KVM_CAP_IRQCHIP ? 1 : 0;
    }
    if (extension == Kvm.pciHoleCapability(configuration)) {
      return 1;
    }
    return switch ((int) extension) {
      case KVM_CAP_USER_MEMORY,
          KVM_CAP_SYNC_MMU,
          KVM_CAP_DESTROY_MEMORY_REGION_WORKS,
          KVM_CAP_JOIN_MEMORY_REGIONS_WORKS,
          KVM_CAP_IRQFD,
          KVM_CAP_IRQFD_RESAMPLE,
          KVM_CAP_IOEVENTFD,
          KVM_CAP_IOEVENTFD_NO_LENGTH,
          KVM_CAP_IOEVENTFD_ANY_LENGTH,
          KVM_CAP_SIGNAL_MSI,
          KVM_CAP_READONLY_MEM,
          KVM_CAP_ENABLE_CAP,
          KVM_CAP_ENABLE_CAP_VM,
          KVM_CAP_CHECK_EXTENSION_VM,
          KVM_CAP_SPLIT_IRQCHIP,
          KVM_CAP_COALESCED_PIO,
          KVM_CAP_PIT2,
          KVM_CAP_IMMEDIATE_EXIT,
          KVM_CAP_IRQ_INJECT_STATUS,
          KVM_CAP_SET_BOOT_CPU_ID,
          KVM_CAP_STEAL_TIME ->
          1;
      case KVM_CAP_NR_MEMSLOTS -> KvmMemory.MOST_SLOTS;
      case KVM_CAP_MAX_VCPUS -> KvmVm.MOST_VCPUS;
      case KVM_CAP_MAX_VCPU_ID -> KvmVm.VCPU_IDS;
      case KVM_CAP_IRQ_ROUTING -> KvmVm.MOST_ROUTES;
      case KVM_CAP_COALESCED_MMIO -> KVM_COALESCED_MMIO_PAGE_OFFSET;
      case KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 ->
          KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET;
      case KVM_CAP_X2APIC_API ->
          KVM_X2APIC_API_USE_32BIT_IDS | KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK;
      case KVM_CAP_MULTI_ADDRESS_SPACE -> KvmMemory.ADDRESS_SPACES;
      default -> 0;
    };
  }
}
