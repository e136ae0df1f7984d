package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.CacheKind;
import io.virtrig.emulator.hardware.iommu.CacheUses;
import io.virtrig.emulator.hardware.iommu.DeviceTlb;
import io.virtrig.emulator.hardware.iommu.DmaOutcome;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.FaultListener;
import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.iommu.IommuUnit;
import io.virtrig.emulator.hardware.iommu.PageRequest;
import io.virtrig.emulator.hardware.iommu.PageResponse;
import io.virtrig.emulator.hardware.iommu.RecordedFault;
import io.virtrig.emulator.hardware.iommu.StaleListener;
import io.virtrig.emulator.hardware.iommu.StaleUse;
import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.UntouchedMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.state.StateWriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A host's VT-d unit in scalable mode, as the kernel programs it: PASID tables and second levels
 * are the host's own, first levels lie in guest memory and are walked there, through the second.
 *
 * <p>Setting or clearing an entry changes the table, as a store to it would: the unit may go on
 * with what it has kept until the flush of the same scope arrives. What is not present is never
 * kept (CAP.CM is 0).
 */
public final class VtdUnit implements IommuUnit {
  /** The PASID of requests without one. */
  private static final int RID_PASID = 0;

  private static final int PAGE_SHIFT = 12;

  /** What the host has set up for a function: its PASID table, and what is kept of it. */
  private static final class Function {
    final TreeMap<Integer, HostPasidEntry> pasids = new TreeMap<>();

    /** Entries that the unit keeps. */
    final TreeMap<Integer, HostPasidEntry> kept = new TreeMap<>();

    final DeviceTlb deviceTlb;
    FaultListener faults = FaultListener.NONE;

    /** What was used last, until an entry changes or is forgotten: saves looking it up. */
    @Nullable HostPasidEntry used;

    int usedPasid;

    Function(int entries, CacheUses uses) {
      deviceTlb = new DeviceTlb(entries, uses.deviceTlb());
    }
  }

  private final TableMemory memory;
  private final VtdCapabilities capabilities;
  private final int entries;
  private final CacheUses uses;
  private final VtdOutcome outcome;
  private final VtdCaches caches;
  private final VtdPaging paging;
  private final SecondLevelDomain secondLevel;
  private final PasidEntry entry = new PasidEntry();
  private final TreeMap<Integer, Function> functions = new TreeMap<>();
  private final TreeMap<Integer, FaultListener> listeners = new TreeMap<>();
  private @Nullable Function latest;
  private int latestSource;
  private StaleListener stale = StaleListener.NONE;

  /** A unit that keeps up to so many entries in each cache. */
  public VtdUnit(TableMemory memory, VtdCapabilities capabilities, int entries, CacheUses uses) {
    this.uses = uses;
    this.memory = memory;
    this.capabilities = capabilities;
    this.entries = entries;
    outcome = new VtdOutcome(memory, WalkObserver.NONE);
    caches = new VtdCaches(entries, uses);
    paging = new VtdPaging(memory, capabilities, outcome, caches);
    secondLevel = new SecondLevelDomain(capabilities, outcome);
  }

  /** The source's other PASIDs stay. */
  @Override
  public void attach(int source, IommuDomain domain) {
    Function function = table(source);
    function.pasids.put(RID_PASID, new HostPasidEntry.SecondLevelOnly(domain));
    forgetDefault(function);
  }

  /** The source's other PASIDs stay: they are auxiliary domains' of parts of it. */
  @Override
  public void detach(int source) {
    Function function = functions.get(source);
    if (function == null) {
      return;
    }
    HostPasidEntry entry = function.pasids.remove(RID_PASID);
    forgetDefault(function);
    forgetUnused(source, function);
    if (entry != null && !used(entry.domain())) {
      caches.flushDomain(entry.domain().id());
    }
  }

  private static void forgetDefault(Function function) {
    function.kept.remove(RID_PASID);
    function.used = null;
    function.deviceTlb.flush();
  }

  private Function table(int source) {
    Function function = functions.get(source);
    if (function == null) {
      function = new Function(entries, uses);
      function.faults = listeners.getOrDefault(source, FaultListener.NONE);
      functions.put(source, function);
      latest = null;
    }
    return function;
  }

  private void forgetUnused(int source, Function function) {
    if (function.pasids.isEmpty() && function.kept.isEmpty()) {
      functions.remove(source);
      latest = null;
    }
  }

  private boolean used(IommuDomain domain) {
    for (Function function : functions.values()) {
      for (HostPasidEntry entry : function.pasids.values()) {
        if (entry.domain().id() == domain.id()) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether the PASID table of a function has an entry. */
  public boolean present(int source, int pasid) {
    Function function = functions.get(source);
    return function != null && function.pasids.containsKey(pasid);
  }

  /** The entry of a PASID in a function's table; null where there is none. */
  public @Nullable HostPasidEntry pasid(int source, int pasid) {
    Function function = functions.get(source);
    return function == null ? null : function.pasids.get(pasid);
  }

  /**
   * Writes an entry of a function's PASID table.
   *
   * @param pasid not 0, which requests without PASID use
   */
  public void setPasid(int source, int pasid, HostPasidEntry to) {
    Function function = table(source);
    function.used = null;
    function.pasids.put(pasid, to);
  }

  /** Clears an entry of a function's PASID table, if there is one. */
  public void clearPasid(int source, int pasid) {
    Function function = functions.get(source);
    if (function != null) {
      function.used = null;
      function.pasids.remove(pasid);
    }
  }

  /** PASID cache, PASID-selective within a domain (descriptor 7, G = 1). */
  public void flushPasidCache(IommuDomain domain, int pasid) {
    for (Map.Entry<Integer, Function> each : List.copyOf(functions.entrySet())) {
      Function function = each.getValue();
      HostPasidEntry kept = function.kept.get(pasid);
      if (kept != null && kept.domain().id() == domain.id()) {
        function.used = null;
        function.kept.remove(pasid);
      }
      forgetUnused(each.getKey(), function);
    }
    caches.flushPaging(domain.id(), pasid);
  }

  /** PASID cache, domain-selective (descriptor 7, G = 0). */
  public void flushPasidCache(IommuDomain domain) {
    for (Function function : functions.values()) {
      function.used = null;
      function.kept.values().removeIf(kept -> kept.domain().id() == domain.id());
    }
  }

  /** IOTLB, domain-selective (descriptor 2, G = 2). */
  public void flushIotlb(IommuDomain domain) {
    caches.flushDomain(domain.id());
  }

  /** IOTLB, {@code 1 << addressMask} pages of a domain (descriptor 2, G = 3). */
  public void flushIotlb(IommuDomain domain, long address, int addressMask, boolean leafOnly) {
    caches.flushPages(domain.id(), address, addressMask, leafOnly);
  }

  /** PASID-based IOTLB, PASID-selective within a domain (descriptor 6, G = 2). */
  public void flushPasidIotlb(IommuDomain domain, int pasid) {
    caches.flushPasid(domain.id(), pasid);
  }

  /** PASID-based IOTLB, {@code 1 << addressMask} pages of a PASID (descriptor 6, G = 3). */
  public void flushPasidIotlb(
      IommuDomain domain, int pasid, long address, int addressMask, boolean leafOnly) {
    caches.flushPasidPages(domain.id(), pasid, address, addressMask, leafOnly);
  }

  /**
   * Device TLB of requests without PASID (descriptor 3).
   *
   * @param shift {@code 1 << shift} bytes; 64 for all
   */
  public void flushDeviceTlb(int source, long address, int shift) {
    flushDeviceTlb(source, DmaRequest.NO_PASID, address, shift);
  }

  /** Device TLB of a PASID (descriptor 8). */
  public void flushDeviceTlb(int source, int pasid, long address, int shift) {
    Function function = functions.get(source);
    if (function != null) {
      function.deviceTlb.flush(pasid, address, shift);
    }
  }

  /**
   * Answers every page request of a function's PASID that waits (a wait with PD after the entry was
   * cleared). On a host nothing waits: without a handler each is answered when it arrives.
   */
  public void drainPageRequests(int source, int pasid) {}

  @Override
  public void flush(IommuDomain domain, long start, long last) {
    int differing = Long.SIZE - Long.numberOfLeadingZeros(start ^ last);
    int mask = Math.max(differing - PAGE_SHIFT, 0);
    caches.flushPages(domain.id(), start, mask, false);
    for (Function function : functions.values()) {
      if (uses(function, domain)) {
        function.deviceTlb.flush();
      }
    }
  }

  private static boolean uses(Function function, IommuDomain domain) {
    for (HostPasidEntry entry : function.pasids.values()) {
      if (entry.domain().id() == domain.id()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public DmaOutcome translate(DmaRequest request) {
    outcome.begin(true);
    if (VtdPaging.isInterrupt(request)) {
      outcome.fault(VtdFault.INTERRUPT_RANGE, TableKind.ROOT, 0);
      return outcome;
    }
    Function function = function(request.source());
    if (function == null) {
      outcome.fault(VtdFault.CONTEXT_NOT_PRESENT, TableKind.CONTEXT, 0);
      return outcome;
    }
    int pasid = request.hasPasid() ? request.pasid() : RID_PASID;
    HostPasidEntry by = entry(function, pasid, request);
    if (by == null) {
      outcome.fault(VtdFault.PASID_ENTRY_NOT_PRESENT, TableKind.PASID_TABLE, 0);
    } else {
      by.fill(entry);
      secondLevel.use(by.domain());
      paging.translate(entry, secondLevel, by.domain().id(), pasid, request, request.privileged());
    }
    VtdFault fault = outcome.fault();
    if (fault != null && outcome.recorded()) {
      boolean second = outcome.kind() == TableKind.SECOND_LEVEL;
      function.faults.fault(new RecordedFault(request, fault.name(), outcome.code(), 0, second));
    }
    return outcome;
  }

  private @Nullable Function function(int source) {
    if (latest == null || latestSource != source) {
      latest = functions.get(source);
      latestSource = source;
    }
    return latest;
  }

  /** The entry of a PASID: what is kept of it, or what the table says, which is then kept. */
  private @Nullable HostPasidEntry entry(Function function, int pasid, DmaRequest request) {
    if (function.used == null || function.usedPasid != pasid) {
      HostPasidEntry found = find(function, pasid, request);
      boolean stale = found != null && !found.equals(function.pasids.get(pasid));
      function.used = stale ? null : found;
      function.usedPasid = pasid;
      return found;
    }
    return function.used;
  }

  private @Nullable HostPasidEntry find(Function function, int pasid, DmaRequest request) {
    if (pasid == RID_PASID) {
      return function.pasids.get(RID_PASID);
    }
    HostPasidEntry kept = function.kept.get(pasid);
    HostPasidEntry now = function.pasids.get(pasid);
    if (kept == null) {
      if (now != null) {
        function.kept.put(pasid, now);
      }
      return now;
    }
    if (!kept.equals(now)) {
      stale.used(
          new StaleUse(
              request,
              CacheKind.PASID,
              0,
              0,
              0,
              "the host should have flushed the PASID cache for PASID " + pasid));
    }
    return kept;
  }

  @Override
  public DmaOutcome translateByAts(DmaRequest request) {
    Function function = function(request.source());
    if (function == null || VtdPaging.isInterrupt(request)) {
      return translate(request);
    }
    return function.deviceTlb.translate(request, outcome, this);
  }

  @Override
  public PageResponse request(PageRequest request) {
    return PageResponse.INVALID_REQUEST;
  }

  @Override
  public void faultListener(int source, FaultListener listener) {
    listeners.put(source, listener);
    Function function = functions.get(source);
    if (function != null) {
      function.faults = listener;
    }
  }

  @Override
  public void staleListener(StaleListener listener) {
    stale = listener;
    paging.staleListener(listener);
  }

  @Override
  public DmaOutcome walk(DmaRequest request, WalkObserver observer) {
    VtdOutcome looked = new VtdOutcome(memory, observer);
    looked.begin(true);
    int pasid = request.hasPasid() ? request.pasid() : RID_PASID;
    Function function = functions.get(request.source());
    HostPasidEntry by = function == null ? null : function.pasids.get(pasid);
    if (function == null) {
      looked.fault(VtdFault.CONTEXT_NOT_PRESENT, TableKind.CONTEXT, 0);
    } else if (by == null) {
      looked.fault(VtdFault.PASID_ENTRY_NOT_PRESENT, TableKind.PASID_TABLE, 0);
    } else {
      PasidEntry set = new PasidEntry();
      by.fill(set);
      set.show(observer);
      SecondLevelDomain second = new SecondLevelDomain(capabilities, looked);
      second.use(by.domain());
      new VtdPaging(new UntouchedMemory(memory), capabilities, looked, null)
          .translate(set, second, by.domain().id(), pasid, request, request.privileged());
    }
    return looked;
  }

  @Override
  public @Nullable DmaOutcome kept(DmaRequest request, WalkObserver observer) {
    Function function = functions.get(request.source());
    if (function == null) {
      return null;
    }
    int pasid = request.hasPasid() ? request.pasid() : RID_PASID;
    HostPasidEntry now = function.pasids.get(pasid);
    HostPasidEntry by = function.kept.get(pasid);
    if (by != null) {
      observer.keptPasid(by.domain().id(), pasid, !by.equals(now));
    } else if (now != null) {
      by = now;
    } else {
      return null;
    }
    PasidEntry set = new PasidEntry();
    by.fill(set);
    VtdOutcome looked = new VtdOutcome(memory, WalkObserver.NONE);
    looked.begin(true);
    boolean found =
        new VtdPaging(new UntouchedMemory(memory), capabilities, looked, null)
            .look(caches, set, by.domain().id(), pasid, request, request.privileged(), observer);
    return found ? looked : null;
  }

  @Override
  public void writeState(StateWriter out) {
    functions.forEach(
        (source, function) ->
            out.child(
                "function",
                Integer.toHexString(source),
                inner -> {
                  function.pasids.forEach(
                      (pasid, set) -> inner.child("pasid", Integer.toString(pasid), set));
                  function.kept.forEach(
                      (pasid, kept) -> inner.child("kept_pasid", Integer.toString(pasid), kept));
                  inner.child("device_tlb", "", function.deviceTlb);
                }));
    out.child("caches", "", caches);
  }
}
