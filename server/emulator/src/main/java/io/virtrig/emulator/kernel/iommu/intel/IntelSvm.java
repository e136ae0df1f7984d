package io.virtrig.emulator.kernel.iommu.intel;

import static io.virtrig.uapi.NestingSeries.*;
import static io.virtrig.uapi.UnmergedSeries.IOMMU_PASID_FORMAT_INTEL_VTD;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.ioasid.IoasidSet;
import io.virtrig.emulator.kernel.ioasid.Ioasids;
import io.virtrig.emulator.kernel.iommu.CacheInvalidation;
import io.virtrig.emulator.kernel.iommu.GpasidBind;
import io.virtrig.emulator.spec.UapiProfile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.EventKind;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Guest PASIDs bound to devices (intel_svm_bind_gpasid, intel_svm_unbind_gpasid and
 * intel_iommu_sva_invalidate; drivers/iommu/intel/svm.c and iommu.c with vSVA series v4 to v8).
 *
 * <p>A binding is of a PASID and a function. It is there exactly while the function's PASID-table
 * entry for that PASID is; whoever frees the PASID ends it.
 */
public final class IntelSvm implements Stateful, Ioasids.FreeNotifier {
  /** 2^20: PASIDs are below (PASID_MAX). */
  private static final long PASID_MAX = 0x100000;

  private static final int PAGE_SHIFT = 12;
  private static final long VTD_FLAGS = 0x3f;
  private static final int WIDTH_4_LEVEL = 48;
  private static final int WIDTH_5_LEVEL = 57;

  /** A function that a PASID is bound to (struct intel_svm_dev). */
  private static final class Binding {
    final PciFunction function;
    int users = 1;

    Binding(PciFunction function) {
      this.function = function;
    }
  }

  private final Ioasids ioasids;
  private final IntelPasid tables;
  private final AuxDomains aux;
  private final UapiProfile uapi;
  private final EventLog events;
  private final TreeMap<Long, List<Binding>> byPasid = new TreeMap<>();

  /** Nothing bound. */
  public IntelSvm(
      Ioasids ioasids, IntelPasid tables, AuxDomains aux, UapiProfile uapi, EventLog events) {
    this.ioasids = ioasids;
    this.tables = tables;
    this.aux = aux;
    this.uapi = uapi;
    this.events = events;
  }

  /** intel_svm_bind_gpasid. The check of v8's IOMMU core comes first. */
  void bind(DmarDomain domain, PciFunction function, GpasidBind bind, @Nullable IoasidSet set) {
    long pasid = bind.hpasid();
    if (uapi == UapiProfile.VSVA_V8) {
      requireOwn(pasid, set);
    }
    if (bind.format() != IOMMU_PASID_FORMAT_INTEL_VTD) {
      throw KernelError.invalid("data.format " + bind.format() + " is not VT-d's");
    }
    if (bind.argsz() < GpasidBind.SIZE) {
      throw KernelError.invalid("data.argsz " + bind.argsz() + " has no room for VT-d's part");
    }
    if ((bind.vtdFlags() & ~VTD_FLAGS) != 0) {
      throw KernelError.invalid(
          "unknown data.vendor.vtd.flags 0x" + Long.toHexString(bind.vtdFlags() & ~VTD_FLAGS));
    }
    IntelPasid.requireFullWidth(function);
    if (pasid == 0 || Long.compareUnsigned(pasid, PASID_MAX) >= 0) {
      throw KernelError.invalid(
          "hpasid " + Long.toUnsignedString(pasid) + " is not from 1 to " + (PASID_MAX - 1));
    }
    if (uapi != UapiProfile.VSVA_V8) {
      requireInSet(pasid, set);
    }
    Binding bound = binding(pasid, function);
    if (bound != null) {
      if (uapi == UapiProfile.VSVA_V8 || !aux.enabled(function)) {
        throw new KernelError(
            Errno.EBUSY, "PASID " + pasid + " is bound on " + function.name() + " already");
      }
      bound.users++;
      return;
    }
    tables.requireNesting(domain);
    if (tables.present(function, pasid)) {
      throw new KernelError(
          Errno.EBUSY, "the PASID entry " + pasid + " of " + function.name() + " is present");
    }
    requireWidth(bind.addrWidth());
    if (Long.compareUnsigned(bind.gpgd(), domain.maxAddr()) > 0) {
      throw KernelError.invalid(
          "gpgd 0x"
              + Long.toHexString(bind.gpgd())
              + " is above what is mapped, up to 0x"
              + Long.toHexString(domain.maxAddr()));
    }
    requireFlags(bind.vtdFlags());
    tables.setupNested(domain, function, bind);
    byPasid.computeIfAbsent(pasid, number -> new ArrayList<>(1)).add(new Binding(function));
    tell("bind", function, pasid);
  }

  private void requireWidth(int width) {
    if (width == WIDTH_5_LEVEL && !tables.fiveLevel()) {
      throw KernelError.invalid("addr_width 57 needs five-level paging, which the unit lacks");
    }
    if (width != WIDTH_4_LEVEL && width != WIDTH_5_LEVEL) {
      throw KernelError.invalid(
          "addr_width " + Integer.toUnsignedString(width) + " is neither 48 nor 57");
    }
  }

  private void requireFlags(long flags) {
    if ((flags & IOMMU_SVA_VTD_GPASID_SRE) != 0 && !tables.supervisorRequests()) {
      throw KernelError.invalid("SRE: the unit has no supervisor requests");
    }
    if ((flags & IOMMU_SVA_VTD_GPASID_EAFE) != 0 && !tables.extendedAccessed()) {
      throw KernelError.invalid("EAFE: the unit has no extended accessed flag");
    }
    long memoryTypes =
        flags
            & (IOMMU_SVA_VTD_GPASID_PCD
                | IOMMU_SVA_VTD_GPASID_PWT
                | IOMMU_SVA_VTD_GPASID_EMTE
                | IOMMU_SVA_VTD_GPASID_CD);
    if (memoryTypes != 0) {
      throw KernelError.invalid(
          "vtd.flags 0x" + Long.toHexString(memoryTypes) + ": memory types are not supported");
    }
  }

  /** intel_svm_unbind_gpasid: with the last use the entry goes. */
  void unbind(PciFunction function, long pasid, @Nullable IoasidSet set) {
    if (uapi == UapiProfile.VSVA_V8) {
      requireOwn(pasid, set);
    } else {
      requireInSet(pasid, set);
    }
    Binding bound = binding(pasid, function);
    if (bound == null) {
      throw KernelError.invalid("PASID " + pasid + " is not bound on " + function.name());
    }
    if (--bound.users == 0) {
      remove(pasid, bound);
    }
  }

  private void remove(long pasid, Binding bound) {
    List<Binding> all = byPasid.get(pasid);
    if (all != null && all.remove(bound) && all.isEmpty()) {
      byPasid.remove(pasid);
    }
    tables.tearDown(bound.function, pasid);
    tell("unbind", bound.function, pasid);
  }

  /**
   * Every PASID of a set is unbound from a function, once each (vfio_iommu_unbind_all of the
   * series).
   */
  public void unbindAll(PciFunction function, IoasidSet set) {
    set.forEachRun(
        (first, last) -> {
          for (Long pasid : List.copyOf(bound(first, last).keySet())) {
            Binding bound = binding(pasid, function);
            if (bound != null && --bound.users == 0) {
              remove(pasid, bound);
            }
          }
        });
  }

  /** PASIDs are freed: what is bound to them is unbound, whoever uses it (pasid_status_change). */
  @Override
  public void freed(long first, long last) {
    NavigableMap<Long, List<Binding>> bound = bound(first, last);
    while (!bound.isEmpty()) {
      long pasid = bound.firstKey();
      for (Binding each : List.copyOf(bound.firstEntry().getValue())) {
        remove(pasid, each);
      }
    }
  }

  private NavigableMap<Long, List<Binding>> bound(long first, long last) {
    return byPasid.subMap(first, true, last, true);
  }

  /**
   * intel_iommu_sva_invalidate: the caches from the lowest bit up, until one that has no such
   * granularity.
   */
  void invalidate(
      DmarDomain domain, PciFunction function, CacheInvalidation what, @Nullable IoasidSet set) {
    boolean address = what.granularity() == IOMMU_INV_GRANU_ADDR;
    if ((what.cache() & IOMMU_CACHE_INV_TYPE_IOTLB) != 0) {
      if (what.granularity() == IOMMU_INV_GRANU_DOMAIN) {
        throw KernelError.invalid("a first level is not invalidated by domain");
      }
      requireBound(what.pasid(), set);
      if (address) {
        tables.flushIotlb(domain, function, what.pasid(), what.addr(), order(what), what.leaf());
      } else {
        tables.flushIotlb(domain, function, what.pasid());
      }
    }
    if ((what.cache() & IOMMU_CACHE_INV_TYPE_DEV_IOTLB) != 0) {
      if (!address) {
        throw KernelError.invalid("a device's TLB is invalidated by address only");
      }
      requireBound(what.pasid(), set);
      tables.flushDevIotlb(function, what.pasid(), what.addr(), order(what));
    }
    if ((what.cache() & IOMMU_CACHE_INV_TYPE_PASID) != 0) {
      throw KernelError.invalid("the PASID cache is the host's own");
    }
  }

  /** 2^order pages: ceil(log2) of what the caller counts in granules. */
  private static int order(CacheInvalidation what) {
    long pages = (what.granuleSize() * what.granules()) >>> PAGE_SHIFT;
    return pages <= 1 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(pages - 1);
  }

  private void requireBound(long pasid, @Nullable IoasidSet set) {
    if (uapi == UapiProfile.VSVA_V8) {
      return;
    }
    requireInSet(pasid, set);
    if (!byPasid.containsKey(pasid)) {
      throw new KernelError(Errno.ENOENT, "PASID " + pasid + " is not bound");
    }
  }

  /** v4 to v7: the driver's check. */
  private void requireInSet(long pasid, @Nullable IoasidSet set) {
    if (!ioasids.allocated(pasid)) {
      throw new KernelError(Errno.ENOENT, "nobody has allocated PASID " + pasid);
    }
    if (set == null || !set.holds(pasid)) {
      throw new KernelError(Errno.EACCES, "PASID " + pasid + " is not this process's");
    }
  }

  /** v8: the IOMMU core's check. */
  private void requireOwn(long pasid, @Nullable IoasidSet set) {
    if (!ioasids.allocated(pasid)) {
      throw new KernelError(
          Errno.ENOENT, "nobody has allocated PASID " + Long.toUnsignedString(pasid));
    }
    if (ioasids.kernelSet().holds(pasid)) {
      throw KernelError.invalid("PASID " + pasid + " is the kernel's own");
    }
    if (set == null || !set.holds(pasid)) {
      throw new KernelError(Errno.EPERM, "PASID " + pasid + " is not this process's");
    }
  }

  private @Nullable Binding binding(long pasid, PciFunction function) {
    List<Binding> bound = byPasid.get(pasid);
    if (bound != null) {
      for (Binding each : bound) {
        if (each.function == function) {
          return each;
        }
      }
    }
    return null;
  }

  private void tell(String label, PciFunction function, long pasid) {
    events.record(
        EventKind.EVENT_KIND_PASID, label, function::name, () -> label + " PASID " + pasid);
  }

  @Override
  public void writeState(StateWriter out) {
    byPasid.forEach(
        (pasid, bound) ->
            out.child(
                "binding",
                pasid.toString(),
                inner -> {
                  for (Binding each : bound) {
                    inner.text("function", each.function.name());
                    inner.number("users", each.users);
                  }
                }));
  }
}
