package io.virtrig.emulator.hardware.vdpa;

/** The entry through which a device's interrupt goes in the IOMMU. */
@FunctionalInterface
public interface RemappingEntry {

  /**
   * The interrupt arrives.
   *
   * @return false when it has to go to the host's handler
   */
  boolean post();
}
