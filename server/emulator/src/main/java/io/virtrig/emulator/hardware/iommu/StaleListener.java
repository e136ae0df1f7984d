package io.virtrig.emulator.hardware.iommu;

/** Is told when hardware uses what it kept although tables have changed since. */
@FunctionalInterface
public interface StaleListener {
  /** Listens to nothing. */
  StaleListener NONE = (use) -> {};

  /** Something stale was used. */
  void used(StaleUse use);
}
