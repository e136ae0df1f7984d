package io.virtrig.emulator.hardware.iommu;

/**
 * A use of something stale.
 *
 * @param request the access that used it
 * @param cache where it was kept
 * @param address where the entry lies that has changed, as a physical address
 * @param was what it held when it was read
 * @param is what it holds now
 * @param due which invalidation would have been due, and who should have asked for it
 */
public record StaleUse(
    DmaRequest request, CacheKind cache, long address, long was, long is, String due) {}
