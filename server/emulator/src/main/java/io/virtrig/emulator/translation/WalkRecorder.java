package io.virtrig.emulator.translation;

import io.virtrig.emulator.hardware.iommu.CacheKind;
import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.TranslationCache;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.v1.KeptEntry;
import io.virtrig.v1.WalkStep;
import java.util.ArrayList;
import java.util.List;

/** Writes down what a walk does. */
final class WalkRecorder implements WalkObserver {
  private static final int WORD = 8;

  private final List<WalkStep> steps = new ArrayList<>();
  private final List<KeptEntry> kept = new ArrayList<>();

  List<WalkStep> steps() {
    return steps;
  }

  List<KeptEntry> kept() {
    return kept;
  }

  void clear() {
    steps.clear();
    kept.clear();
  }

  @Override
  public void read(TableKind kind, int level, long table, long address, long word) {
    int words = wordsOfEntry(kind, address);
    long offset = address - table;
    WalkStep.Builder step =
        WalkStep.newBuilder()
            .setStructure(kind.label())
            .setTable(table)
            .setAddress(address)
            .setIndex((int) (offset / ((long) words * WORD)))
            .setEntry(word)
            .addAllBits(EntryBits.of(kind, level, (int) (offset / WORD % words), word));
    if (isPaging(kind)) {
      step.setLevel(level);
    }
    steps.add(step.build());
  }

  private static boolean isPaging(TableKind kind) {
    return switch (kind) {
      case FIRST_LEVEL, SECOND_LEVEL, STAGE_1, STAGE_2 -> true;
      default -> false;
    };
  }

  private int wordsOfEntry(TableKind kind, long address) {
    return switch (kind) {
      case PASID_TABLE, STREAM_TABLE, CONTEXT_DESCRIPTOR -> 8;
      case ROOT -> 2;
      case CONTEXT -> scalable(address) ? 4 : 2;
      default -> 1;
    };
  }

  /** A scalable root entry is read by halves, so that its second word never follows its first. */
  private boolean scalable(long address) {
    int roots = 0;
    for (WalkStep step : steps) {
      roots += step.getStructure().equals(TableKind.ROOT.label()) ? 1 : 0;
    }
    return roots == 1 && address != 0;
  }

  @Override
  public void mapped(TableKind kind, long input, IommuDomain.Mapping mapping) {
    steps.add(
        WalkStep.newBuilder()
            .setStructure(kind.label())
            .setInput(input)
            .setOutput(mapping.physical(input))
            .addBits(
                "mapped by the host: 0x"
                    + Long.toHexString(mapping.start())
                    + " to 0x"
                    + Long.toHexString(mapping.last()))
            .addBits((mapping.readable() ? "R" : "") + (mapping.writable() ? "W" : ""))
            .build());
  }

  @Override
  public void hit(CacheKind cache, TranslationCache entries, int slot, boolean stale) {
    KeptEntry.Builder entry =
        KeptEntry.newBuilder()
            .setCache(cache.label())
            .setDomain(entries.domain(slot))
            .setSize(1L << entries.shift(slot))
            .setTarget(entries.target(slot))
            .setStale(stale);
    if (entries.space(slot) >= 0) {
      entry.setSpace(entries.space(slot));
    }
    kept.add(entry.build());
  }

  @Override
  public void keptPasid(int domain, int pasid, boolean stale) {
    kept.add(
        KeptEntry.newBuilder()
            .setCache(CacheKind.PASID.label())
            .setDomain(domain)
            .setSpace(pasid)
            .setStale(stale)
            .build());
  }
}
