package io.virtrig.emulator.vmm.viommu;

import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_TYPE1_INFO_CAP_NESTING;
import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.CallRecord;
import io.virtrig.emulator.vmm.Program;
import io.virtrig.emulator.vmm.VfioContainer;
import io.virtrig.emulator.vmm.VfioDevice;
import io.virtrig.emulator.vmm.VirtualMachine;
import io.virtrig.emulator.vmm.vfio.KvmInterrupts;
import io.virtrig.emulator.vmm.vfio.VfioPciDevice;
import io.virtrig.v1.IommuNestingInfo;
import io.virtrig.v1.VfioIommuInfoCapability;
import org.jspecify.annotations.Nullable;

/**
 * A vfio-pci device of the guest (vfio_realize of hw/vfio/pci.c, vfio_connect_container of
 * hw/vfio/common.c). Behind a virtual IOMMU each device has an address space of its own, and so a
 * container of its own.
 */
final class AssignedDevice implements Stateful {
  /** struct iommu_nesting_info up to its data, as v6 has it. */
  private static final int FIXED_BYTES = 24;

  private final Program program;
  private final VirtualMachine machine;
  private final String host;
  private final boolean mediated;
  private final boolean findsInfo;
  private final int source;
  private int group = -1;
  private boolean inContainer;
  private boolean knownToKvm;
  private @Nullable VfioContainer container;
  private @Nullable VfioDevice device;
  private @Nullable VfioPciDevice pci;
  private @Nullable HostIommuContext context;

  /**
   * Not open.
   *
   * @param findsInfo whether the VMM and the kernel agree where the nesting info is
   */
  AssignedDevice(
      Program program,
      VirtualMachine machine,
      String host,
      boolean mediated,
      boolean findsInfo,
      int source) {
    this.findsInfo = findsInfo;
    this.mediated = mediated;
    this.program = program;
    this.machine = machine;
    this.host = host;
    this.source = source;
  }

  /** The device's name on the host. */
  String host() {
    return host;
  }

  /** The source id that the guest knows it by. */
  int source() {
    return source;
  }

  /** Opens it; what fails leaves nothing behind. */
  void realize(
      int groupNumber,
      Viommu viommu,
      boolean nesting,
      Revision revision,
      CallRecord calls,
      KvmInterrupts interrupts) {
    boolean attached = false;
    try {
      group = VfioContainer.openGroup(program, groupNumber);
      VfioContainer opened = new VfioContainer(program);
      container = opened;
      connect(opened, nesting, revision, calls);
      opened.map(machine.memory());
      machine.addGroup(group);
      knownToKvm = true;
      device = new VfioDevice(program, group, host, mediated);
      if (context != null) {
        viommu.attach(source, context);
        attached = true;
      }
      if (!mediated) {
        pci = interrupts.realize(device, source >>> 3 & 0x1f);
      }
    } catch (KernelError | Refused e) {
      if (attached) {
        viommu.detach(source);
      }
      close();
      throw e;
    }
  }

  private void connect(VfioContainer opened, boolean nesting, Revision revision, CallRecord calls) {
    int type = type(opened, nesting);
    opened.add(group);
    inContainer = true;
    opened.setIommu(type);
    if (type == VFIO_TYPE1_NESTING_IOMMU) {
      context =
          new HostIommuContext(program, calls, revision, opened.fd(), host, nestingInfo(opened));
    }
  }

  /** vfio_get_iommu_type. EINVAL. */
  private static int type(VfioContainer opened, boolean nesting) {
    if (nesting && !opened.offers(VFIO_TYPE1_NESTING_IOMMU)) {
      throw KernelError.invalid("Nested mode requested but not supported");
    }
    if (nesting) {
      return VFIO_TYPE1_NESTING_IOMMU;
    }
    for (int type :
        new int[] {
          VFIO_TYPE1v2_IOMMU, VFIO_TYPE1_IOMMU, VFIO_SPAPR_TCE_v2_IOMMU, VFIO_SPAPR_TCE_IOMMU
        }) {
      if (opened.offers(type)) {
        return type;
      }
    }
    throw KernelError.invalid("No available IOMMU models");
  }

  /** vfio_get_nesting_iommu_cap. EINVAL. */
  private IommuNestingInfo nestingInfo(VfioContainer opened) {
    for (VfioIommuInfoCapability capability : opened.info().getCapsList()) {
      if (capability.getId() == VFIO_IOMMU_TYPE1_INFO_CAP_NESTING
          && findsInfo
          && capability.getInfo().getArgsz() >= FIXED_BYTES) {
        return capability.getInfo();
      }
    }
    throw KernelError.invalid("Failed to get nesting iommu cap");
  }

  /** The function as the guest sees it. */
  VfioPciDevice pci() {
    if (pci == null) {
      throw Refused.unimplemented(
          "device", "\"" + host + "\" is mediated: its own driver is not simulated");
    }
    return pci;
  }

  /** Eventfds that are open. */
  int openEventfds() {
    return pci == null ? 0 : pci.openEventfds();
  }

  /** Resets the device with the machine. */
  void reset() {
    if (pci != null) {
      pci.reset();
    }
  }

  /** Gives back what it holds, the last thing first; the virtual IOMMU has let go of it before. */
  void close() {
    if (pci != null) {
      pci.exit();
      pci = null;
    }
    if (device != null) {
      device.close();
      device = null;
    }
    if (knownToKvm) {
      machine.removeGroup(group);
      knownToKvm = false;
    }
    if (inContainer) {
      VfioContainer.unset(program, group);
      inContainer = false;
    }
    if (container != null) {
      container.close();
      container = null;
    }
    if (group >= 0) {
      program.close(group);
      group = -1;
    }
    context = null;
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("host", host);
    out.hex("source", source);
    out.number("group", group);
    if (container != null) {
      out.child("container", "", container);
    }
    if (device != null) {
      out.child("device", "", device);
    }
    if (pci != null) {
      out.child("pci", "", pci);
    }
  }
}
