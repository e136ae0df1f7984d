package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.hardware.iommu.TranslationCache;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * The TLB of an SMMU, and how each TLBI command thins it out. Entries of stage 1, alone or combined
 * with stage 2, are tagged by VMID, ASID and address; global ones match any ASID. Those of stage 2
 * alone are tagged by VMID and intermediate address.
 */
final class SmmuCaches implements Stateful {
  static final int STAGE_1 = 1;
  static final int STAGE_2 = 2;
  static final int NESTED = 3;

  /** The ASID of stage 2 entries: none. */
  static final int NO_ASID = -1;

  /** The ASID of global entries. */
  static final int GLOBAL = -2;

  private final TranslationCache translations;

  SmmuCaches(int entries) {
    translations = new TranslationCache(entries);
  }

  TranslationCache translations() {
    return translations;
  }

  /** TLBI_NSNH_ALL. */
  void flushAll() {
    translations.removeIf(slot -> true);
  }

  /** TLBI_S12_VMALL: both stages of a VMID. */
  void flushVmid(int vmid) {
    translations.removeIf(slot -> translations.domain(slot) == vmid);
  }

  /** TLBI_NH_ALL: all of stage 1 of a VMID. */
  void flushStage1(int vmid) {
    translations.removeIf(
        slot -> translations.domain(slot) == vmid && translations.kind(slot) != STAGE_2);
  }

  /** TLBI_NH_ASID: an ASID's, but no global ones. */
  void flushAsid(int vmid, int asid) {
    translations.removeIf(
        slot -> translations.domain(slot) == vmid && translations.space(slot) == asid);
  }

  /** TLBI_NH_VA: addresses of an ASID, and global ones. */
  void flushAddresses(int vmid, int asid, long first, long last) {
    translations.removeIf(
        slot ->
            translations.domain(slot) == vmid
                && (translations.space(slot) == asid || translations.space(slot) == GLOBAL)
                && translations.touches(slot, first, last));
  }

  /** TLBI_NH_VAA: addresses of any ASID. */
  void flushAddresses(int vmid, long first, long last) {
    translations.removeIf(
        slot ->
            translations.domain(slot) == vmid
                && translations.kind(slot) != STAGE_2
                && translations.touches(slot, first, last));
  }

  /** TLBI_S2_IPA: stage 2 entries of intermediate addresses, but not combined ones. */
  void flushIntermediate(int vmid, long first, long last) {
    translations.removeIf(
        slot ->
            translations.domain(slot) == vmid
                && translations.kind(slot) == STAGE_2
                && translations.touches(slot, first, last));
  }

  @Override
  public void writeState(StateWriter out) {
    translations.writeState(out);
  }
}
