package io.virtrig.emulator.hardware.iommu;

import io.virtrig.emulator.state.StateWriter;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A unit that is modelled by what its host maps: AMD-Vi, and none. It keeps nothing and has no
 * PASIDs.
 */
final class SecondStageUnit implements IommuUnit {
  private static final int PAGE_SHIFT = 12;

  /** What became of the access translated last. */
  private static final class Outcome implements DmaOutcome {
    String reason = "";
    long address;
    int pageShift;

    @Override
    public boolean blocked() {
      return !reason.isEmpty();
    }

    @Override
    public String reason() {
      return reason;
    }

    @Override
    public int code() {
      return 0;
    }

    @Override
    public String structure() {
      return "";
    }

    @Override
    public int decidedAt() {
      return -1;
    }

    @Override
    public long address() {
      return address;
    }

    @Override
    public int pageShift() {
      return pageShift;
    }
  }

  private final TreeMap<Integer, IommuDomain> domains = new TreeMap<>();
  private final Outcome outcome = new Outcome();

  @Override
  public void attach(int source, IommuDomain domain) {
    domains.put(source, domain);
  }

  @Override
  public void detach(int source) {
    domains.remove(source);
  }

  @Override
  public void flush(IommuDomain domain, long start, long last) {}

  @Override
  public DmaOutcome translate(DmaRequest request) {
    IommuDomain domain = domains.get(request.source());
    IommuDomain.Mapping mapping =
        domain == null || request.hasPasid() ? null : domain.at(request.address());
    outcome.pageShift = PAGE_SHIFT;
    outcome.address = 0;
    outcome.reason = "";
    if (mapping == null) {
      outcome.reason = request.hasPasid() ? "pasid_not_supported" : "not_present";
    } else if (request.write() ? !mapping.writable() : !mapping.readable()) {
      outcome.reason = "permission";
    } else {
      outcome.address = mapping.physical(request.address());
      outcome.pageShift = mapping.pageShift(request.address());
    }
    return outcome;
  }

  @Override
  public DmaOutcome translateByAts(DmaRequest request) {
    return translate(request);
  }

  @Override
  public PageResponse request(PageRequest request) {
    return PageResponse.INVALID_REQUEST;
  }

  @Override
  public void faultListener(int source, FaultListener listener) {}

  @Override
  public void staleListener(StaleListener listener) {}

  @Override
  public DmaOutcome walk(DmaRequest request, WalkObserver observer) {
    IommuDomain domain = domains.get(request.source());
    IommuDomain.Mapping mapping = domain == null ? null : domain.at(request.address());
    if (mapping != null) {
      observer.mapped(TableKind.SECOND_LEVEL, request.address(), mapping);
    }
    return translate(request);
  }

  @Override
  public @Nullable DmaOutcome kept(DmaRequest request, WalkObserver observer) {
    return null;
  }

  @Override
  public void writeState(StateWriter out) {}
}
