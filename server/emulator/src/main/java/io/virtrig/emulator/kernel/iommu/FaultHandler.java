package io.virtrig.emulator.kernel.iommu;

/** Takes a function's faults (iommu_register_device_fault_handler). */
@FunctionalInterface
public interface FaultHandler {
  /** A fault that concerns the guest's stage. */
  void fault(UnrecoverableFault fault);
}
