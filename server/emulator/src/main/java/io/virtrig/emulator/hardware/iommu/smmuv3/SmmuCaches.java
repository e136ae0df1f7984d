package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.hardware.iommu.CacheUses;
import io.virtrig.emulator.hardware.iommu.TranslationCache;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

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

  /** Stream table entries by stream. */
  private final TreeMap<Integer, long[]> streams = new TreeMap<>();

  /** Context descriptors by stream and substream. */
  private final TreeMap<Long, long[]> contexts = new TreeMap<>();

  SmmuCaches(int entries, CacheUses uses) {
    translations = new TranslationCache(entries, uses.iotlb());
  }

  TranslationCache translations() {
    return translations;
  }

  /** The stream table entry that is kept. */
  long @Nullable [] stream(int stream) {
    return streams.get(stream);
  }

  void keepStream(int stream, long[] entry) {
    streams.put(stream, entry);
  }

  /** The context descriptor that is kept. */
  long @Nullable [] context(int stream, int substream) {
    return contexts.get(key(stream, substream));
  }

  void keepContext(int stream, int substream, long[] descriptor) {
    contexts.put(key(stream, substream), descriptor);
  }

  private static long key(int stream, int substream) {
    return (long) stream << Integer.SIZE | substream;
  }

  /** CFGI_ALL. */
  void forgetStreams() {
    streams.clear();
    contexts.clear();
  }

  /** CFGI_STE, CFGI_STE_RANGE: entries, and with them what they lead to. */
  void forgetStreams(int first, int last) {
    streams.keySet().removeIf(stream -> within(stream, first, last));
    contexts.keySet().removeIf(key -> within((int) (key >> Integer.SIZE), first, last));
  }

  private static boolean within(int stream, int first, int last) {
    return Integer.compareUnsigned(stream, first) >= 0
        && Integer.compareUnsigned(stream, last) <= 0;
  }

  /** CFGI_CD. */
  void forgetContext(int stream, int substream) {
    contexts.remove(key(stream, substream));
  }

  /** CFGI_CD_ALL. */
  void forgetContexts(int stream) {
    contexts.keySet().removeIf(key -> (int) (key >> Integer.SIZE) == stream);
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
    streams.forEach((stream, entry) -> out.hex("stream_" + stream, entry[0]));
    contexts.forEach((key, descriptor) -> out.hex("context_" + key, descriptor[0]));
    translations.writeState(out);
  }
}
