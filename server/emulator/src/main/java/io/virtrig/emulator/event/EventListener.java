package io.virtrig.emulator.event;

import io.virtrig.emulator.state.Shared;
import io.virtrig.v1.EventKind;

/** Is told of every event as it happens, to count it. It must not call back into the host. */
public interface EventListener extends Shared {
  /** Counts nothing. No lambda: an interface's are in no AOT cache. */
  EventListener NONE =
      new EventListener() {
        @Override
        public void happened(EventKind kind, String label) {}
      };

  /**
   * Something happened.
   *
   * @param label which variety of its kind, out of a small closed set; empty when there is but one
   */
  void happened(EventKind kind, String label);

  /**
   * Caches of the IOMMU were used during an operation.
   *
   * @param cache which: iotlb, paging or device_tlb
   */
  default void used(String cache, long hits, long misses, long evictions) {}
}
