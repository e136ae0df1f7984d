package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.PCI_COMMAND_INTX_DISABLE;
import static io.virtrig.emulator.hardware.pci.PciRegs.PCI_COMMAND_IO;
import static io.virtrig.emulator.hardware.pci.PciRegs.PCI_COMMAND_MASTER;
import static io.virtrig.emulator.hardware.pci.PciRegs.PCI_COMMAND_MEMORY;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.Bar;
import io.virtrig.emulator.hardware.pci.ConfigSpace;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceResetResponse;
import io.virtrig.wire.Results;
import org.jspecify.annotations.Nullable;

/**
 * What vfio-pci keeps of a device from its first open to its last close (struct
 * vfio_pci_core_device, vfio_pci_core_enable and vfio_pci_core_disable).
 */
final class VfioPciCoreDevice implements Stateful {
  private static final int D0 = 0;
  private static final int D3HOT = 3;

  private final PciFunction function;
  private final boolean resetWorks;
  private final ConfigSpace saved;
  private final VfioPciConfig config;
  private final VfioPciRegions regions;
  private final VfioPciInfo info;
  private final VfioPciIrqs irqs;

  /**
   * The first open.
   *
   * @param faults the regions of the nested SMMU series, where the kernel has it
   */
  VfioPciCoreDevice(Kernel kernel, PciFunction function, @Nullable DmaFaultRegions faults) {
    this.function = function;
    function.powerState(D0);
    function.command(PCI_COMMAND_MASTER, false);
    for (Bar bar : function.bars().all()) {
      function.command(bar.memory() ? PCI_COMMAND_MEMORY : PCI_COMMAND_IO, true);
    }
    resetWorks = function.resettable();
    if (resetWorks) {
      function.reset();
    }
    saved = function.config().copy();
    function.command(PCI_COMMAND_INTX_DISABLE, false);
    irqs = new VfioPciIrqs(kernel, function, faults);
    config = new VfioPciConfig(function, kernel.configuration().uapi(), irqs);
    regions = new VfioPciRegions(function, config, faults);
    info = new VfioPciInfo(function, config, regions, faults != null);
    function.interruptHandler(irqs);
  }

  /** The last close. */
  void disable() {
    function.command(PCI_COMMAND_MASTER, false);
    irqs.disable();
    function.interruptHandler(null);
    function.restoreConfig(saved);
    if (resetWorks) {
      function.reset();
    }
    function.powerState(D3HOT);
  }

  Result ioctl(Task caller, Operation operation) {
    return switch (operation.getOpCase()) {
      case VFIO_DEVICE_GET_INFO -> info.device(operation.getVfioDeviceGetInfo(), resetWorks);
      case VFIO_DEVICE_GET_REGION_INFO -> info.region(operation.getVfioDeviceGetRegionInfo());
      case VFIO_DEVICE_GET_IRQ_INFO -> info.irq(operation.getVfioDeviceGetIrqInfo());
      case VFIO_DEVICE_SET_IRQS -> irqs.set(caller, operation.getVfioDeviceSetIrqs(), info);
      case VFIO_DEVICE_RESET -> reset();
      case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO ->
          HotReset.info(function, operation.getVfioDeviceGetPciHotResetInfo());
      case VFIO_DEVICE_PCI_HOT_RESET ->
          HotReset.reset(caller, function, operation.getVfioDevicePciHotReset());
      case VFIO_DEVICE_FEATURE -> DeviceFeature.ioctl(operation.getVfioDeviceFeature());
      default -> throw KernelError.notTty("a vfio-pci device");
    };
  }

  private Result reset() {
    if (!resetWorks) {
      throw KernelError.invalid("the device has no reset of its own");
    }
    function.powerState(D0);
    function.reset();
    return Results.of(VfioDeviceResetResponse.getDefaultInstance());
  }

  ByteString pread(long offset, int length) {
    return regions.read(offset, length);
  }

  long pwrite(long offset, ByteString bytes) {
    return regions.write(offset, bytes);
  }

  DeviceMemory mmap(long offset, long length) {
    return regions.map(offset, length);
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("reset_works", resetWorks);
    out.hex("saved", saved.hash());
    out.child("config", "", config);
    out.child("irqs", "", irqs);
  }
}
