package io.virtrig.emulator.hardware.iommu;

import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/**
 * The translating hardware of a host, as the kernel's IOMMU drivers program it and as devices use
 * it. Sources are requester ids with the PCI segment above them ({@code segment << 16 | bus << 8 |
 * devfn}).
 */
public interface IommuUnit extends Stateful {

  /**
   * Requests without PASID of a source go through a domain from now on. What the unit kept for the
   * source is gone.
   */
  void attach(int source, IommuDomain domain);

  /** Nothing is set up for a source any more, PASIDs included, and nothing is kept. */
  void detach(int source);

  /** What a driver does after an unmap: forgets what goes through these addresses of a domain. */
  void flush(IommuDomain domain, long start, long last);

  /**
   * Translates an access. Nothing that lies beyond {@link DmaOutcome#pageShift} of the address has
   * been looked at.
   *
   * @return the outcome, until the next request
   */
  DmaOutcome translate(DmaRequest request);

  /**
   * Translates an access that a device makes by ATS: it asks for a translation first, keeps the
   * answer in a TLB of its own, and accesses memory with that.
   */
  DmaOutcome translateByAts(DmaRequest request);

  /** A page request (PRI). */
  PageResponse request(PageRequest request);

  /** Who takes the faults that are recorded for a source, in place of whoever did. */
  void faultListener(int source, FaultListener listener);

  /** Who is told when something stale is used. */
  void staleListener(StaleListener listener);

  /** What the tables say of an access. Nothing is kept, marked or recorded. */
  DmaOutcome walk(DmaRequest request, WalkObserver observer);

  /**
   * What would become of an access by what is kept, of which the observer is told. Nothing changes.
   *
   * @return null when no translation is kept for it
   */
  @Nullable DmaOutcome kept(DmaRequest request, WalkObserver observer);
}
