package io.virtrig.emulator.hardware.iommu;

import io.virtrig.emulator.extent.Extent;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/**
 * A translation owned by the host (the second level of VT-d, stage 2 of the SMMU): I/O virtual to
 * physical, by extents.
 */
public final class IommuDomain implements Stateful {

  /**
   * A run of I/O virtual addresses mapped to one of physical addresses.
   *
   * @param start first I/O virtual address
   * @param last last one
   * @param physical the physical address of {@code start}
   * @param readable devices may read it
   * @param writable devices may write it
   */
  public record Mapping(long start, long last, long physical, boolean readable, boolean writable)
      implements Extent {

    boolean holds(long iova) {
      return Long.compareUnsigned(iova - start, last - start) <= 0;
    }

    /** The physical address of one of its addresses. */
    public long physical(long iova) {
      return physical + (iova - start);
    }

    /** Bits of an offset in the largest page that hardware could map around the address. */
    public int pageShift(long iova) {
      for (int shift : PAGE_SHIFTS) {
        long within = (1L << shift) - 1;
        if (((start ^ physical) & within) == 0 && holds(iova & ~within) && holds(iova | within)) {
          return shift;
        }
      }
      return SMALLEST_SHIFT;
    }
  }

  private static final int[] PAGE_SHIFTS = {30, 21};
  private static final int SMALLEST_SHIFT = 12;

  private final IommuUnit unit;
  private final int id;
  private final boolean nesting;
  private final boolean writeImpliesRead;
  private final ExtentMap<Mapping> mappings = new ExtentMap<>();

  /** The run that was found last: walks ask for neighbours. */
  private @Nullable Mapping latest;

  IommuDomain(IommuUnit unit, int id, boolean nesting, boolean writeImpliesRead) {
    this.unit = unit;
    this.id = id;
    this.nesting = nesting;
    this.writeImpliesRead = writeImpliesRead;
  }

  /** What its entries in caches are tagged with: the domain id, or VMID. */
  public int id() {
    return id;
  }

  /** Whether a guest may have a first stage over it. */
  public boolean nesting() {
    return nesting;
  }

  /** Maps a run. It must not overlap another. */
  public void map(long iova, long length, long physical, boolean read, boolean write) {
    mappings.add(
        new Mapping(iova, iova + length - 1, physical, read || (write && writeImpliesRead), write));
  }

  /**
   * Unmaps every run that begins in [start, last] (iommu_unmap). Runs are mapped and unmapped
   * whole. The unit is told to forget what it kept of them.
   */
  public void unmap(long start, long last) {
    boolean any = false;
    for (Mapping hit = mappings.firstIn(start, last);
        hit != null;
        hit = mappings.firstIn(start, last)) {
      mappings.remove(hit);
      any = true;
    }
    latest = null;
    if (any) {
      unit.flush(this, start, last);
    }
  }

  /** The run that holds the address. */
  public @Nullable Mapping at(long iova) {
    Mapping found = latest;
    if (found == null || !found.holds(iova)) {
      found = mappings.at(iova);
      latest = found;
    }
    return found;
  }

  /** Whether a run touches [start, last]. */
  public boolean overlaps(long start, long last) {
    return mappings.firstIn(start, last) != null;
  }

  @Override
  public void writeState(StateWriter out) {
    for (Mapping mapping : mappings.all()) {
      out.child(
          "mapping",
          "0x" + Long.toHexString(mapping.start),
          inner -> {
            inner.hex("last", mapping.last);
            inner.hex("physical", mapping.physical);
            inner.flag("readable", mapping.readable);
            inner.flag("writable", mapping.writable);
          });
    }
  }
}
