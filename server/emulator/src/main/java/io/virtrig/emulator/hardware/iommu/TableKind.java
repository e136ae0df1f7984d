package io.virtrig.emulator.hardware.iommu;

/** The structures that a translation reads. */
public enum TableKind {
  /** VT-d: one entry a bus. */
  ROOT,
  /** VT-d: one entry a function. */
  CONTEXT,
  /** VT-d: the upper bits of the PASID. */
  PASID_DIRECTORY,
  /** VT-d: the lower bits of the PASID. */
  PASID_TABLE,
  /** VT-d: paging structures of the first level. */
  FIRST_LEVEL,
  /** VT-d: paging structures of the second level. */
  SECOND_LEVEL,
  /** SMMU: first level of a two-level stream table. */
  STREAM_TABLE_L1,
  /** SMMU: stream table entries. */
  STREAM_TABLE,
  /** SMMU: first level of a two-level context descriptor table. */
  CONTEXT_DESCRIPTOR_L1,
  /** SMMU: context descriptors. */
  CONTEXT_DESCRIPTOR,
  /** SMMU: tables of stage 1. */
  STAGE_1,
  /** SMMU: tables of stage 2. */
  STAGE_2
}
