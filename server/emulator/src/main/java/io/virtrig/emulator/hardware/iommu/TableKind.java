package io.virtrig.emulator.hardware.iommu;

/** The structures that a translation reads. */
public enum TableKind {
  /** VT-d: one entry a bus. */
  ROOT("root table"),
  /** VT-d: one entry a function. */
  CONTEXT("context table"),
  /** VT-d: the upper bits of the PASID. */
  PASID_DIRECTORY("PASID directory"),
  /** VT-d: the lower bits of the PASID. */
  PASID_TABLE("PASID table"),
  /** VT-d: paging structures of the first level. */
  FIRST_LEVEL("first level"),
  /** VT-d: paging structures of the second level. */
  SECOND_LEVEL("second level"),
  /** SMMU: first level of a two-level stream table. */
  STREAM_TABLE_L1("stream table level 1"),
  /** SMMU: stream table entries. */
  STREAM_TABLE("stream table"),
  /** SMMU: first level of a two-level context descriptor table. */
  CONTEXT_DESCRIPTOR_L1("context descriptor table level 1"),
  /** SMMU: context descriptors. */
  CONTEXT_DESCRIPTOR("context descriptor"),
  /** SMMU: tables of stage 1. */
  STAGE_1("stage 1"),
  /** SMMU: tables of stage 2. */
  STAGE_2("stage 2");

  private final String label;

  TableKind(String label) {
    this.label = label;
  }

  /** Whether its entries translate addresses; those of the others say what does. */
  boolean translates() {
    return switch (this) {
      case FIRST_LEVEL, SECOND_LEVEL, STAGE_1, STAGE_2 -> true;
      default -> false;
    };
  }

  /** It in words. */
  public String label() {
    return label;
  }
}
