package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.PCI_CAP_ID_EXP;
import static io.virtrig.emulator.hardware.pci.PciRegs.PCI_CLASS_DEVICE;
import static io.virtrig.emulator.hardware.pci.PciRegs.PCI_CLASS_DISPLAY_VGA;
import static io.virtrig.uapi.NestingSeries.VFIO_PCI_DMA_FAULT_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.Bar;
import io.virtrig.emulator.hardware.pci.Capabilities;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.vfio.Argsz;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceGetInfoRequest;
import io.virtrig.v1.VfioDeviceGetInfoResponse;
import io.virtrig.v1.VfioDeviceGetIrqInfoRequest;
import io.virtrig.v1.VfioDeviceGetIrqInfoResponse;
import io.virtrig.v1.VfioDeviceGetRegionInfoRequest;
import io.virtrig.v1.VfioDeviceGetRegionInfoResponse;
import io.virtrig.v1.VfioRegionInfoCapability;
import io.virtrig.wire.Results;

/** What a device tells of itself: vfio_pci_ioctl_get_info and its like in vfio_pci_core.c. */
final class VfioPciInfo {
  /** sizeof(struct vfio_device_info) up to {@code num_irqs}. */
  private static final int DEVICE_INFO_SIZE = 16;

  /** sizeof(struct vfio_region_info). */
  private static final int REGION_INFO_SIZE = 32;

  /** sizeof(struct vfio_info_cap_header): all of MSIX_MAPPABLE. */
  private static final int CAP_HEADER_SIZE = 8;

  /** sizeof(struct vfio_irq_info). */
  private static final int IRQ_INFO_SIZE = 16;

  /** Whose byte of 640 KiB video memory and ports vfio-pci hands out: VGA controllers. */
  private static final long VGA_SIZE = 0xc0000;

  private final PciFunction function;
  private final VfioPciConfig config;
  private final VfioPciRegions regions;
  private final boolean faultRegions;

  /**
   * Of a device.
   *
   * @param faultRegions it has the regions and the interrupt of the nested SMMU series
   */
  VfioPciInfo(
      PciFunction function, VfioPciConfig config, VfioPciRegions regions, boolean faultRegions) {
    this.function = function;
    this.config = config;
    this.regions = regions;
    this.faultRegions = faultRegions;
  }

  /** VFIO_DEVICE_GET_INFO. */
  Result device(VfioDeviceGetInfoRequest arg, boolean resetWorks) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : DEVICE_INFO_SIZE + 4;
    Argsz.check(argsz, DEVICE_INFO_SIZE);
    int flags = VFIO_DEVICE_FLAGS_PCI | (resetWorks ? VFIO_DEVICE_FLAGS_RESET : 0);
    return Results.of(
        VfioDeviceGetInfoResponse.newBuilder()
            .setArgsz(argsz)
            .setFlags(flags)
            .setNumRegions(numRegions())
            .setNumIrqs(numIrqs()));
  }

  /** VFIO_DEVICE_GET_REGION_INFO. */
  Result region(VfioDeviceGetRegionInfoRequest arg) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : REGION_INFO_SIZE;
    int index = arg.getIndex();
    Argsz.check(argsz, REGION_INFO_SIZE);
    VfioDeviceGetRegionInfoResponse.Builder out =
        VfioDeviceGetRegionInfoResponse.newBuilder()
            .setArgsz(argsz)
            .setIndex(index)
            .setOffset((long) index << VfioPciRegions.OFFSET_SHIFT);
    int access = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
    switch (index) {
      case VFIO_PCI_CONFIG_REGION_INDEX -> out.setSize(config.size()).setFlags(access);
      case VFIO_PCI_BAR0_REGION_INDEX,
          VFIO_PCI_BAR1_REGION_INDEX,
          VFIO_PCI_BAR2_REGION_INDEX,
          VFIO_PCI_BAR3_REGION_INDEX,
          VFIO_PCI_BAR4_REGION_INDEX,
          VFIO_PCI_BAR5_REGION_INDEX ->
          bar(out, index, access);
      case VFIO_PCI_ROM_REGION_INDEX -> {
        Bar rom = function.bars().bar(index);
        if (rom != null) {
          out.setSize(rom.size()).setFlags(VFIO_REGION_INFO_FLAG_READ);
        }
      }
      case VFIO_PCI_VGA_REGION_INDEX -> {
        if (function.config().word(PCI_CLASS_DEVICE) != PCI_CLASS_DISPLAY_VGA) {
          throw KernelError.invalid("the device is no VGA controller");
        }
        out.setSize(VGA_SIZE).setFlags(access);
      }
      default -> {
        if (!faultRegions || !DmaFaultRegions.has(index)) {
          throw KernelError.invalid(
              "region index " + Integer.toUnsignedString(index) + " is not below " + numRegions());
        }
        DmaFaultRegions.describe(out);
      }
    }
    return Results.of(out);
  }

  private void bar(VfioDeviceGetRegionInfoResponse.Builder out, int index, int access) {
    Bar bar = function.bars().bar(index);
    if (bar == null) {
      return;
    }
    int flags = access;
    if (regions.mappable(index)) {
      flags |= VFIO_REGION_INFO_FLAG_MMAP;
      if (function.msixTable().in(index)) {
        flags |= VFIO_REGION_INFO_FLAG_CAPS;
        int needed = REGION_INFO_SIZE + CAP_HEADER_SIZE;
        if (Integer.compareUnsigned(out.getArgsz(), needed) < 0) {
          out.setArgsz(needed);
        } else {
          out.setCapOffset(REGION_INFO_SIZE)
              .addCaps(
                  VfioRegionInfoCapability.newBuilder()
                      .setId(VFIO_REGION_INFO_CAP_MSIX_MAPPABLE)
                      .setVersion(1));
        }
      }
    }
    out.setSize(bar.size()).setFlags(flags);
  }

  /** VFIO_DEVICE_GET_IRQ_INFO. */
  Result irq(VfioDeviceGetIrqInfoRequest arg) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : IRQ_INFO_SIZE;
    int index = arg.getIndex();
    Argsz.check(argsz, IRQ_INFO_SIZE);
    if (Integer.compareUnsigned(index, numIrqs()) >= 0) {
      throw KernelError.invalid(
          "interrupt index " + Integer.toUnsignedString(index) + " is not below " + numIrqs());
    }
    if (index == VFIO_PCI_ERR_IRQ_INDEX && !express()) {
      throw KernelError.invalid("the device is not PCI Express: it has no error interrupt");
    }
    int kind =
        index == VFIO_PCI_INTX_IRQ_INDEX
            ? VFIO_IRQ_INFO_MASKABLE | VFIO_IRQ_INFO_AUTOMASKED
            : VFIO_IRQ_INFO_NORESIZE;
    return Results.of(
        VfioDeviceGetIrqInfoResponse.newBuilder()
            .setArgsz(argsz)
            .setFlags(VFIO_IRQ_INFO_EVENTFD | kind)
            .setIndex(index)
            .setCount(irqCount(index)));
  }

  private int numRegions() {
    return VFIO_PCI_NUM_REGIONS + (faultRegions ? DmaFaultRegions.COUNT : 0);
  }

  /** How many interrupt indices there are. */
  int numIrqs() {
    return VFIO_PCI_NUM_IRQS + (faultRegions ? 1 : 0);
  }

  /** How many interrupts an index has (vfio_pci_get_irq_count). */
  int irqCount(int index) {
    return switch (index) {
      case VFIO_PCI_INTX_IRQ_INDEX -> config.interruptPin() == 0 ? 0 : 1;
      case VFIO_PCI_MSI_IRQ_INDEX -> function.vectors(false);
      case VFIO_PCI_MSIX_IRQ_INDEX -> function.vectors(true);
      case VFIO_PCI_ERR_IRQ_INDEX -> express() ? 1 : 0;
      case VFIO_PCI_REQ_IRQ_INDEX -> 1;
      case VFIO_PCI_DMA_FAULT_IRQ_INDEX -> faultRegions ? 1 : 0;
      default -> 0;
    };
  }

  /** Whether the function is PCI Express. */
  boolean express() {
    return Capabilities.find(function.config(), PCI_CAP_ID_EXP) != 0;
  }
}
