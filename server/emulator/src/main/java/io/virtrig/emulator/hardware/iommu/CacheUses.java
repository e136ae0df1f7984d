package io.virtrig.emulator.hardware.iommu;

import io.virtrig.emulator.event.EventListener;

/** How the caches of a host's IOMMU and of its devices were used during an operation. */
public final class CacheUses {
  private final CacheUse iotlb = new CacheUse();
  private final CacheUse paging = new CacheUse();
  private final CacheUse deviceTlb = new CacheUse();

  /** Of translations, in the unit. */
  public CacheUse iotlb() {
    return iotlb;
  }

  /** Of paging structures, in the unit. */
  public CacheUse paging() {
    return paging;
  }

  /** Of translations, in devices. */
  public CacheUse deviceTlb() {
    return deviceTlb;
  }

  /** Tells of what there is, and begins anew. */
  public void report(EventListener listener) {
    report("iotlb", iotlb, listener);
    report("paging", paging, listener);
    report("device_tlb", deviceTlb, listener);
  }

  private static void report(String cache, CacheUse use, EventListener listener) {
    if (!use.isUnused()) {
      listener.used(cache, use.hits(), use.misses(), use.evictions());
      use.clear();
    }
  }
}
