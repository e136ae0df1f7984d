package io.virtrig.emulator.hardware.iommu;

/**
 * The stale-translation sanitizer: whether tables still say what a kept translation was made from.
 * It tells, and changes no result.
 */
public final class TablesCheck {
  private final TableMemory memory;
  private final long marks;
  private final String lastOnly;
  private StaleListener listener = StaleListener.NONE;

  /**
   * A sanitizer of translations made from tables in the memory.
   *
   * @param marks bits that walks set: a change of theirs makes nothing stale
   * @param lastOnly how an invalidation is called that spares the upper tables
   */
  public TablesCheck(TableMemory memory, long marks, String lastOnly) {
    this.memory = memory;
    this.marks = marks;
    this.lastOnly = lastOnly;
  }

  /** Who is told. */
  public void listener(StaleListener to) {
    listener = to;
  }

  /** Whether a word that a translation was made from has changed. */
  public boolean isStale(TranslationCache kept, int slot) {
    return changedWord(kept, slot) >= 0;
  }

  private int changedWord(TranslationCache kept, int slot) {
    for (int i = 0; i < kept.words(slot); i++) {
      long is = memory.word(kept.wordAddress(slot, i));
      if (((kept.word(slot, i) ^ is) & ~marks) != 0) {
        return i;
      }
    }
    return -1;
  }

  /** A kept translation is used for an access. */
  public void used(TranslationCache kept, int slot, DmaRequest request) {
    int changed = changedWord(kept, slot);
    if (changed >= 0) {
      long at = kept.wordAddress(slot, changed);
      boolean last = changed == kept.words(slot) - 1;
      listener.used(
          new StaleUse(
              request,
              CacheKind.IOTLB,
              at,
              kept.word(slot, changed),
              memory.word(at),
              "whoever changed it should have had this address invalidated"
                  + (last ? "" : ", not the " + lastOnly + " only")));
    }
    kept.checked(slot, memory.changes());
  }
}
