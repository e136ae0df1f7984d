package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.AddressSpace;
import java.util.ArrayList;
import java.util.List;

/**
 * The mappings of a container (struct vfio_iommu's dma_list), and the domains that they are in.
 *
 * <p>Invariants: mappings never overlap; where there is a domain, a mapping's memory is pinned, in
 * every domain, and counted as locked; the free entries and the mappings together are the entry
 * limit.
 */
final class DmaMappings {
  private final Iommu iommu;
  private final ExtentMap<VfioDma> mappings;
  private final List<VfioDomain> domains = new ArrayList<>(1);
  private int available;

  DmaMappings(Kernel kernel) {
    iommu = kernel.machine().iommu();
    mappings = new ExtentMap<>(kernel.mappings());
    available = kernel.configuration().spec().getKernel().getDmaEntryLimit();
  }

  ExtentMap<VfioDma> extents() {
    return mappings;
  }

  List<VfioDomain> domains() {
    return domains;
  }

  /** Entries that are free (dma_avail). */
  int available() {
    return available;
  }

  /**
   * A mapping comes: pinned and in every domain. A refusal changes nothing.
   *
   * @throws KernelError what pinning throws; EEXIST where the host has mapped a doorbell
   */
  void add(VfioDma mapping) {
    if (!domains.isEmpty()) {
      pin(mapping);
      mapInto(mapping);
    }
    mappings.add(mapping);
    available--;
  }

  /** A doorbell that the host has mapped may lie there: what is pinned is given back. */
  private void mapInto(VfioDma mapping) {
    for (VfioDomain domain : domains) {
      if (domain.overlaps(mapping.start(), mapping.size())) {
        unpin(mapping);
        throw new KernelError(Errno.EEXIST, "the host has mapped a doorbell in the range");
      }
    }
    for (VfioDomain domain : domains) {
      domain.map(mapping);
    }
  }

  /**
   * vfio_remove_dma: out of the domain, unpinned, no longer locked, and its entry is free again.
   */
  void remove(VfioDma mapping) {
    mappings.remove(mapping);
    for (VfioDomain domain : domains) {
      domain.unmap(mapping);
    }
    unpin(mapping);
    available++;
  }

  /** All go. */
  void clear() {
    for (VfioDma mapping : List.copyOf(mappings.all())) {
      remove(mapping);
    }
  }

  /**
   * vfio_iommu_replay: what was mapped while nothing needed it pinned is pinned now. A refusal
   * leaves all as it was.
   */
  void replay(VfioDomain domain) {
    List<VfioDma> pinnedNow = new ArrayList<>();
    try {
      for (VfioDma mapping : mappings.all()) {
        if (domains.isEmpty()) {
          pin(mapping);
          pinnedNow.add(mapping);
        }
        domain.map(mapping);
      }
    } catch (KernelError e) {
      for (VfioDma mapping : pinnedNow) {
        domain.unmap(mapping);
        unpin(mapping);
      }
      throw e;
    }
  }

  /** The last domain goes, and nothing needs the mappings pinned any more; they stay. */
  void leave(VfioDomain domain) {
    for (VfioDma mapping : mappings.all()) {
      domain.unmap(mapping);
      unpin(mapping);
    }
  }

  /** Whether a range lies in one that all devices can reach. */
  boolean usable(long start, long last) {
    if (domains.isEmpty()) {
      return true;
    }
    for (Iommu.Range range : iommu.usableRanges()) {
      if (Long.compareUnsigned(start, range.start()) >= 0
          && Long.compareUnsigned(last, range.last()) <= 0) {
        return true;
      }
    }
    return false;
  }

  private void pin(VfioDma mapping) {
    AddressSpace memory = mapping.process().memory();
    mapping.pin(
        memory.pin(
            mapping.vaddr(),
            mapping.size(),
            mapping.write(),
            mapping.process().lockablePages(mapping.lockCap())));
    memory.lock(mapping.lockedPages());
  }

  private void unpin(VfioDma mapping) {
    AddressSpace memory = mapping.process().memory();
    memory.unpin(mapping.pinned());
    memory.lock(-mapping.lockedPages());
    mapping.pin(List.of());
  }
}
