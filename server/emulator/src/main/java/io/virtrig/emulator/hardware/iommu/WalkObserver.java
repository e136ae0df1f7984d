package io.virtrig.emulator.hardware.iommu;

/** Is told of every word that a walk reads, in order. */
@FunctionalInterface
public interface WalkObserver {
  /** Looks away. */
  WalkObserver NONE = (kind, level, table, address, word) -> {};

  /**
   * A word was read.
   *
   * @param kind the structure it belongs to
   * @param level its paging level as the architecture counts them; 0 in VT-d's other structures
   * @param table where the table begins, as a physical address
   * @param address where the word lies
   * @param word what it holds
   */
  void read(TableKind kind, int level, long table, long address, long word);

  /**
   * An address went through a stage that the host owns, which has no tables.
   *
   * @param kind the stage
   */
  default void mapped(TableKind kind, long input, IommuDomain.Mapping mapping) {}

  /** A cache has an entry for the access; {@code stale}: the tables say something else by now. */
  default void hit(CacheKind cache, TranslationCache entries, int slot, boolean stale) {}

  /** The entry of a PASID has been kept, with that domain. */
  default void keptPasid(int domain, int pasid, boolean stale) {}
}
