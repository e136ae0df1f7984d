package io.virtrig.emulator.spec;

/** Kinds of IOMMU. */
public enum IommuModel {
  INTEL_VTD("intel-vtd"),
  AMD_VI("amd-vi"),
  ARM_SMMU_V3("arm-smmu-v3"),
  IOMMUFD_SELFTEST("iommufd-selftest"),
  NONE("none");

  private final String label;

  IommuModel(String label) {
    this.label = label;
  }

  /** The name in a host's specification. */
  public String label() {
    return label;
  }
}
