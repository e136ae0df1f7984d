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
      implements Extent {}

  private final ExtentMap<Mapping> mappings = new ExtentMap<>();
  private final boolean writeImpliesRead;

  IommuDomain(boolean writeImpliesRead) {
    this.writeImpliesRead = writeImpliesRead;
  }

  /** Maps a run. It must not overlap another. */
  public void map(long iova, long length, long physical, boolean read, boolean write) {
    mappings.add(
        new Mapping(iova, iova + length - 1, physical, read || (write && writeImpliesRead), write));
  }

  /** Unmaps every run that begins in [start, last]. Runs are mapped and unmapped whole. */
  public void unmap(long start, long last) {
    for (Mapping hit = mappings.firstIn(start, last);
        hit != null;
        hit = mappings.firstIn(start, last)) {
      mappings.remove(hit);
    }
  }

  /** The run that holds the address. */
  public @Nullable Mapping at(long iova) {
    return mappings.at(iova);
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
