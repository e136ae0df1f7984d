package io.virtrig.emulator;

import static io.virtrig.uapi.Vfio.VFIO_PCI_ERR_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.VFIO_PCI_INTX_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.VFIO_PCI_MSIX_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.VFIO_PCI_MSI_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.VFIO_PCI_NUM_IRQS;
import static io.virtrig.uapi.Vfio.VFIO_PCI_REQ_IRQ_INDEX;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.v1.HwFailRequest;
import io.virtrig.v1.HwFailResponse;
import io.virtrig.v1.HwLowerIrqRequest;
import io.virtrig.v1.HwLowerIrqResponse;
import io.virtrig.v1.HwRaiseIrqRequest;
import io.virtrig.v1.HwRaiseIrqResponse;
import io.virtrig.v1.Result;
import java.util.List;

/** What PCI functions do on their own, but for DMA: interrupts, and faults that are armed. */
final class DeviceActs {
  /** How often one operation raises an interrupt: a limit of the simulator. */
  private static final int MOST_TIMES = 1 << 16;

  private static final String CONNECT = "irqbypass-connect";
  private static final List<String> FAULTS_OF_OTHERS =
      List.of(
          "vector_alloc",
          "vcpu_affinity",
          "ssch_cc1",
          "ssch_cc2",
          "ssch_cc3",
          "hsch_busy",
          "halt_lost",
          "halt_stuck",
          "clear_stuck",
          "msch_busy",
          "gone");

  private DeviceActs() {}

  /** hw.raise_irq. */
  static Result raiseIrq(PciFunction function, HwRaiseIrqRequest arg) {
    int times = arg.hasTimes() ? arg.getTimes() : 1;
    if (Integer.compareUnsigned(times, MOST_TIMES) > 0) {
      throw Refused.exhausted("times", "an interrupt is raised at most " + MOST_TIMES + " times");
    }
    requireInterrupt(function, arg.getIndex(), arg.getSubindex());
    for (int i = 0; i < times; i++) {
      switch (arg.getIndex()) {
        case VFIO_PCI_INTX_IRQ_INDEX -> function.driveLine(true);
        case VFIO_PCI_MSI_IRQ_INDEX -> function.raiseMessage(false, arg.getSubindex());
        case VFIO_PCI_MSIX_IRQ_INDEX -> function.raiseMessage(true, arg.getSubindex());
        case VFIO_PCI_ERR_IRQ_INDEX -> function.reportError();
        default -> function.requestRemoval();
      }
    }
    return Result.newBuilder().setHwRaiseIrq(HwRaiseIrqResponse.getDefaultInstance()).build();
  }

  /** hw.lower_irq. */
  static Result lowerIrq(PciFunction function, HwLowerIrqRequest arg) {
    if (arg.getIndex() != VFIO_PCI_INTX_IRQ_INDEX) {
      throw Refused.invalid("index", "only INTx, index 0, is a level that can be lowered");
    }
    requireInterrupt(function, arg.getIndex(), arg.getSubindex());
    function.driveLine(false);
    return Result.newBuilder().setHwLowerIrq(HwLowerIrqResponse.getDefaultInstance()).build();
  }

  private static void requireInterrupt(PciFunction function, int index, int subindex) {
    int count =
        switch (index) {
          case VFIO_PCI_MSI_IRQ_INDEX -> function.vectors(false);
          case VFIO_PCI_MSIX_IRQ_INDEX -> function.vectors(true);
          case VFIO_PCI_INTX_IRQ_INDEX, VFIO_PCI_ERR_IRQ_INDEX, VFIO_PCI_REQ_IRQ_INDEX -> 1;
          default ->
              throw Refused.invalid(
                  "index", Integer.toUnsignedString(index) + " is not below " + VFIO_PCI_NUM_IRQS);
        };
    if (Integer.compareUnsigned(subindex, count) >= 0) {
      throw Refused.invalid(
          "subindex",
          Integer.toUnsignedString(subindex)
              + ": "
              + function.name()
              + " has "
              + count
              + " interrupts of index "
              + index);
    }
  }

  /** hw.fail. */
  static Result fail(PciFunction function, HwFailRequest arg) {
    if (FAULTS_OF_OTHERS.contains(arg.getKind())) {
      throw Refused.unimplemented("kind", arg.getKind() + " faults are not simulated yet");
    }
    if (!arg.getKind().equals(CONNECT)) {
      throw Refused.invalid("kind", "\"" + arg.getKind() + "\" is no fault of a PCI function");
    }
    function.failConnects(arg.getCount());
    return Result.newBuilder().setHwFail(HwFailResponse.getDefaultInstance()).build();
  }
}
