package io.virtrig.emulator.hardware.iommu;

/** Is told of faults that a unit records. */
@FunctionalInterface
public interface FaultListener {
  /** Listens to nothing. */
  FaultListener NONE = fault -> {};

  /** A fault was recorded. */
  void fault(RecordedFault fault);
}
