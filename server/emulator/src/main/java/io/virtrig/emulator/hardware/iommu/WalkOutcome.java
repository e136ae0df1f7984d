package io.virtrig.emulator.hardware.iommu;

/**
 * What became of an access, and what its walk read on the way. A unit has one, and each access
 * overwrites it.
 */
public abstract class WalkOutcome implements DmaOutcome {
  /** In place of an address: there is none. */
  private static final long NOWHERE = -1;

  private final TableMemory memory;
  private final WalkObserver observer;
  private long address;
  private int pageShift;
  private int references;

  /** The outcome of walks through the memory, whose reads the observer sees. */
  protected WalkOutcome(TableMemory memory, WalkObserver observer) {
    this.memory = memory;
    this.observer = observer;
  }

  /** A new access: nothing has been decided. */
  public void begin() {
    address = NOWHERE;
    pageShift = 0;
    references = 0;
  }

  /** Reads a word of a table that is known to be there. */
  public final long read(TableKind of, int atLevel, long table, long at) {
    long word = memory.word(at);
    if (of.translates()) {
      references++;
    }
    observer.read(of, atLevel, table, at, word);
    return word;
  }

  /** Goes through a run of a domain, which stands for the tables of a stage. */
  public final long mapped(TableKind stage, IommuDomain.Mapping mapping, long input) {
    observer.mapped(stage, input, mapping);
    return mapping.physical(input);
  }

  /** The access goes to an address. */
  public final void translated(long to, int shift) {
    address = to;
    pageShift = shift;
  }

  /** A new access, by what a device keeps: no table is looked at. */
  public final void kept(TranslationCache translations, int slot, long input) {
    begin();
    long within = (1L << translations.shift(slot)) - 1;
    translated(translations.target(slot) | (input & within), translations.shift(slot));
  }

  @Override
  public final long address() {
    return address;
  }

  /** Bits of an offset in the smallest page involved, which is what a TLB may cache. */
  @Override
  public final int pageShift() {
    return pageShift;
  }

  /** How many entries of translation tables were read. */
  public final int references() {
    return references;
  }
}
