package io.virtrig.emulator.kernel.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Rig;
import io.virtrig.v1.GuestIrqsRequest;
import io.virtrig.v1.GuestIrqsResponse;
import io.virtrig.v1.GuestReadRequest;
import io.virtrig.v1.GuestReadResponse;
import io.virtrig.v1.GuestWriteRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.KvmClearDirtyLogRequest;
import io.virtrig.v1.KvmCreateIrqchipRequest;
import io.virtrig.v1.KvmCreateVcpuRequest;
import io.virtrig.v1.KvmCreateVmRequest;
import io.virtrig.v1.KvmEnableCapRequest;
import io.virtrig.v1.KvmGetDirtyLogRequest;
import io.virtrig.v1.KvmGetIrqchipRequest;
import io.virtrig.v1.KvmGetIrqchipResponse;
import io.virtrig.v1.KvmGetLapicRequest;
import io.virtrig.v1.KvmIoeventfdRequest;
import io.virtrig.v1.KvmIrqRoutingEntry;
import io.virtrig.v1.KvmIrqRoutingIrqchip;
import io.virtrig.v1.KvmIrqRoutingMsi;
import io.virtrig.v1.KvmIrqfdRequest;
import io.virtrig.v1.KvmSetGsiRoutingRequest;
import io.virtrig.v1.KvmSetLapicRequest;
import io.virtrig.v1.KvmSetUserMemoryRegionRequest;
import io.virtrig.v1.Operation;
import java.util.Arrays;
import java.util.Map;

/** A host with a VM, and the operations on it in short. */
final class KvmRig implements AutoCloseable {
  static final int PAGE = 4096;

  final Rig rig;
  final int kvm;
  final int vm;

  KvmRig(String... series) {
    rig =
        new Rig(
            HostSpec.newBuilder()
                .setKernel(KernelSpec.newBuilder().addAllKvmSeries(Arrays.asList(series)))
                .build());
    kvm = rig.open("/dev/kvm");
    vm = createVm();
  }

  int createVm() {
    return (int)
        rig.ok(
                Operation.newBuilder()
                    .setKvmCreateVm(KvmCreateVmRequest.newBuilder().setTargetFd(kvm)))
            .getKvmCreateVm()
            .getRet();
  }

  static Operation.Builder createVcpu(int vm, long id) {
    return Operation.newBuilder()
        .setKvmCreateVcpu(KvmCreateVcpuRequest.newBuilder().setTargetFd(vm).setValue(id));
  }

  int vcpu(int id) {
    return (int) rig.ok(createVcpu(vm, id)).getKvmCreateVcpu().getRet();
  }

  static Operation.Builder createIrqchip(int vm) {
    return Operation.newBuilder()
        .setKvmCreateIrqchip(KvmCreateIrqchipRequest.newBuilder().setTargetFd(vm));
  }

  static Operation.Builder enableCap(int vm, int cap, int flags, long... args) {
    KvmEnableCapRequest.Builder request =
        KvmEnableCapRequest.newBuilder().setTargetFd(vm).setCap(cap).setFlags(flags);
    Arrays.stream(args).forEach(request::addArgs);
    return Operation.newBuilder().setKvmEnableCap(request);
  }

  static Operation.Builder region(int vm, int slot, int flags, long gpa, long size, long hva) {
    return Operation.newBuilder()
        .setKvmSetUserMemoryRegion(
            KvmSetUserMemoryRegionRequest.newBuilder()
                .setTargetFd(vm)
                .setSlot(slot)
                .setFlags(flags)
                .setGuestPhysAddr(gpa)
                .setMemorySize(size)
                .setUserspaceAddr(hva));
  }

  void slot(int slot, int flags, long gpa, long size, long hva) {
    rig.ok(region(vm, slot, flags, gpa, size, hva));
  }

  static Operation.Builder getDirtyLog(int vm, int slot) {
    return Operation.newBuilder()
        .setKvmGetDirtyLog(KvmGetDirtyLogRequest.newBuilder().setTargetFd(vm).setSlot(slot));
  }

  ByteString dirty(int slot) {
    return rig.ok(getDirtyLog(vm, slot)).getKvmGetDirtyLog().getDirtyBitmap();
  }

  static Operation.Builder clearDirtyLog(int vm, int slot, long first, int count, byte... bits) {
    return Operation.newBuilder()
        .setKvmClearDirtyLog(
            KvmClearDirtyLogRequest.newBuilder()
                .setTargetFd(vm)
                .setSlot(slot)
                .setFirstPage(first)
                .setNumPages(count)
                .setDirtyBitmap(ByteString.copyFrom(bits)));
  }

  static Operation.Builder guestRead(int vm, long gpa, int length) {
    return Operation.newBuilder()
        .setGuestRead(GuestReadRequest.newBuilder().setTargetFd(vm).setGpa(gpa).setLength(length));
  }

  static Operation.Builder guestWrite(int vm, long gpa, byte... bytes) {
    return Operation.newBuilder()
        .setGuestWrite(
            GuestWriteRequest.newBuilder()
                .setTargetFd(vm)
                .setGpa(gpa)
                .setBytes(ByteString.copyFrom(bytes)));
  }

  GuestReadResponse read(long gpa, int length) {
    return rig.ok(guestRead(vm, gpa, length)).getGuestRead();
  }

  String write(long gpa, byte... bytes) {
    return rig.ok(guestWrite(vm, gpa, bytes)).getGuestWrite().getExit();
  }

  /** A guest's write of a 32-bit register. */
  void writeRegister(long gpa, int value) {
    byte[] bytes = {(byte) value, (byte) (value >> 8), (byte) (value >> 16), (byte) (value >> 24)};
    assertThat(write(gpa, bytes)).isEqualTo("none");
  }

  static Operation.Builder irqfd(int vm, int fd, int gsi, int flags, int resamplefd) {
    return Operation.newBuilder()
        .setKvmIrqfd(
            KvmIrqfdRequest.newBuilder()
                .setTargetFd(vm)
                .setFd(fd)
                .setGsi(gsi)
                .setFlags(flags)
                .setResamplefd(resamplefd));
  }

  static Operation.Builder ioeventfd(
      int vm, int fd, long address, int length, int flags, long datamatch) {
    return Operation.newBuilder()
        .setKvmIoeventfd(
            KvmIoeventfdRequest.newBuilder()
                .setTargetFd(vm)
                .setFd(fd)
                .setAddr(address)
                .setLen(length)
                .setFlags(flags)
                .setDatamatch(datamatch));
  }

  static KvmIrqRoutingEntry msi(int gsi, int addressLo, int data) {
    return KvmIrqRoutingEntry.newBuilder()
        .setGsi(gsi)
        .setType(2)
        .setMsi(KvmIrqRoutingMsi.newBuilder().setAddressLo(addressLo).setData(data))
        .build();
  }

  static KvmIrqRoutingEntry pin(int gsi, int chip, int pin) {
    return KvmIrqRoutingEntry.newBuilder()
        .setGsi(gsi)
        .setType(1)
        .setIrqchip(KvmIrqRoutingIrqchip.newBuilder().setIrqchip(chip).setPin(pin))
        .build();
  }

  static Operation.Builder routing(int vm, KvmIrqRoutingEntry... entries) {
    return Operation.newBuilder()
        .setKvmSetGsiRouting(
            KvmSetGsiRoutingRequest.newBuilder()
                .setTargetFd(vm)
                .addAllEntries(Arrays.asList(entries)));
  }

  static Operation.Builder setLapic(int vcpu, Map<Integer, Integer> registers) {
    return Operation.newBuilder()
        .setKvmSetLapic(KvmSetLapicRequest.newBuilder().setTargetFd(vcpu).putAllRegs(registers));
  }

  void enableLapic(int vcpu) {
    rig.ok(setLapic(vcpu, Map.of(0xf0, 0x1ff)));
  }

  static Operation.Builder getLapic(int vcpu) {
    return Operation.newBuilder().setKvmGetLapic(KvmGetLapicRequest.newBuilder().setTargetFd(vcpu));
  }

  Map<Integer, Integer> lapic(int vcpu) {
    return rig.ok(getLapic(vcpu)).getKvmGetLapic().getRegsMap();
  }

  /** Whether a vCPU's local APIC has taken the vector. */
  boolean requested(int vcpu, int vector) {
    return (lapic(vcpu).getOrDefault(0x200 + 16 * (vector / 32), 0) & (1 << vector % 32)) != 0;
  }

  KvmGetIrqchipResponse irqchip(int chip) {
    return rig.ok(
            Operation.newBuilder()
                .setKvmGetIrqchip(
                    KvmGetIrqchipRequest.newBuilder().setTargetFd(vm).setChipId(chip)))
        .getKvmGetIrqchip();
  }

  GuestIrqsResponse irqs(int of) {
    return rig.ok(
            Operation.newBuilder().setGuestIrqs(GuestIrqsRequest.newBuilder().setTargetFd(of)))
        .getGuestIrqs();
  }

  @Override
  public void close() {
    rig.close();
  }
}
