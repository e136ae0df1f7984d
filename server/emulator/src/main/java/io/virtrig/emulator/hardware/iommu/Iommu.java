package io.virtrig.emulator.hardware.iommu;

import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuCapabilities;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuUnit;
import io.virtrig.emulator.hardware.iommu.vtd.VtdCapabilities;
import io.virtrig.emulator.hardware.iommu.vtd.VtdUnit;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.spec.IommuModel;
import io.virtrig.emulator.spec.UapiProfile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.IommuSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a host's IOMMU units can do, as the kernel's IOMMU drivers tell it. All units are alike. */
public final class Iommu implements Stateful {

  /** I/O virtual addresses from {@code start} to {@code last}, both included. */
  public record Range(long start, long last) {}

  private static final long PAGE_4K = 1L << 12;
  private static final long PAGE_2M = 1L << 21;
  private static final long PAGE_1G = 1L << 30;

  /** Where x86 devices write their message-signalled interrupts. */
  private static final Range X86_MSI = new Range(0xfee00000L, 0xfeefffffL);

  /** HyperTransport's own range on AMD. */
  private static final Range AMD_HT = new Range(0xfd00000000L, 0xffffffffffL);

  /** The window in which the Arm SMMU driver maps interrupt doorbells. */
  private static final Range ARM_MSI = new Range(0x8000000L, 0x80fffffL);

  /** ECAP: nested translation. */
  private static final long ECAP_NEST = 1L << 26;

  private final CacheUses uses = new CacheUses();
  private final IommuModel model;
  private final UapiProfile uapi;
  private final boolean nesting;
  private final List<Range> usable;
  private final IommuUnit unit;

  /** Domains made so far: their ids are tags, and nothing else depends on them. */
  private int domains;

  /** CAP: 3 to 5 levels, 2 MiB and 1 GiB pages, the largest address mask. */
  private static final long VTD_CAP = 7L << 9 | 3L << 34 | 63L << 48;

  /** ECAP: device TLBs, pass-through, snooping, nesting, both levels in scalable mode. */
  private static final long VTD_ECAP =
      VtdCapabilities.ECAP_DT
          | VtdCapabilities.ECAP_PT
          | VtdCapabilities.ECAP_SC
          | VtdCapabilities.ECAP_NEST
          | VtdCapabilities.ECAP_SLTS
          | VtdCapabilities.ECAP_FLTS;

  private static final int VTD_HOST_WIDTH = 52;

  /** IDR0: both stages, AArch64 tables, two-level context descriptors, terminated means aborted. */
  private static final int SMMU_IDR0 =
      SmmuCapabilities.IDR0_S2P
          | SmmuCapabilities.IDR0_S1P
          | SmmuCapabilities.IDR0_CD2L
          | SmmuCapabilities.IDR0_TERM_MODEL;

  /** IDR1: streams and substreams. */
  private static final int SMMU_IDR1 = 20 << SmmuCapabilities.IDR1_SSIDSIZE_SHIFT | 32;

  /** IDR5: 48 bits of address. */
  private static final int SMMU_IDR5 = 5;

  /** How its caches, and those of devices, were used. */
  public CacheUses uses() {
    return uses;
  }

  /** The IOMMU of a host with that memory. */
  public Iommu(HostConfiguration configuration, PhysicalMemory memory) {
    model = configuration.iommuModel();
    uapi = configuration.uapi();
    int width = configuration.spec().getIommu().getAddressWidth();
    nesting =
        configuration.spec().getIommu().getNesting()
            && (model != IommuModel.INTEL_VTD
                || (configuration.spec().getIommu().getEcapReg() & ECAP_NEST) != 0);
    unit = unit(configuration.spec().getIommu(), new HostMemory(memory));
    usable = without(new Range(0, width == 64 ? -1L : (1L << width) - 1), reserved(model));
  }

  private IommuUnit unit(IommuSpec spec, TableMemory memory) {
    return switch (model) {
      case INTEL_VTD -> {
        long width = (long) (spec.getAddressWidth() - 1) << VtdCapabilities.CAP_MGAW_SHIFT;
        yield new VtdUnit(
            memory,
            new VtdCapabilities(
                VTD_HOST_WIDTH, VTD_CAP | spec.getCapReg() | width, VTD_ECAP | spec.getEcapReg()),
            spec.getCacheEntries(),
            uses);
      }
      case ARM_SMMU_V3 ->
          new SmmuUnit(
              memory,
              new SmmuCapabilities(SMMU_IDR0, SMMU_IDR1, SMMU_IDR5),
              spec.getCacheEntries(),
              uses);
      case AMD_VI, IOMMUFD_SELFTEST, NONE -> new SecondStageUnit();
    };
  }

  private static List<Range> reserved(IommuModel model) {
    return switch (model) {
      case INTEL_VTD -> List.of(X86_MSI);
      case AMD_VI -> List.of(X86_MSI, AMD_HT);
      case ARM_SMMU_V3 -> List.of(ARM_MSI);
      case IOMMUFD_SELFTEST, NONE -> List.of();
    };
  }

  /**
   * The parts of an aperture that are in none of the reserved ranges, which are in ascending order.
   */
  private static List<Range> without(Range aperture, List<Range> reserved) {
    List<Range> parts = new ArrayList<>();
    long start = aperture.start;
    for (Range hole : reserved) {
      if (Long.compareUnsigned(hole.start, aperture.last) > 0) {
        break;
      }
      if (Long.compareUnsigned(start, hole.start) < 0) {
        parts.add(new Range(start, hole.start - 1));
      }
      start = hole.last + 1;
      if (Long.compareUnsigned(hole.last, aperture.last) >= 0) {
        return parts;
      }
    }
    parts.add(new Range(start, aperture.last));
    return parts;
  }

  /** Whether there is one. */
  public boolean present() {
    return model != IommuModel.NONE;
  }

  /** Bitmap of the page sizes it maps, in bytes. Without one, containers start with all. */
  public long pageSizes() {
    return present() ? PAGE_4K | PAGE_2M | PAGE_1G : -PAGE_4K;
  }

  /** The smallest page it maps, in bytes. */
  public long smallestPage() {
    return PAGE_4K;
  }

  /** I/O virtual addresses that can be mapped: the aperture without reserved regions, ascending. */
  public List<Range> usableRanges() {
    return usable;
  }

  /** Whether a domain can force device accesses to be coherent with the CPU's caches. */
  public boolean enforcesCoherency() {
    return model == IommuModel.AMD_VI || !present();
  }

  /**
   * Whether a domain can be set to nest (VFIO_TYPE1_NESTING_IOMMU). On Linux 6.1 only the SMMU's
   * driver has that, as a forced second stage; the vSVA series gives it to VT-d units with scalable
   * mode and nesting.
   */
  public boolean canNest() {
    return switch (model) {
      case ARM_SMMU_V3 -> true;
      case INTEL_VTD -> uapi.vsva() && nesting;
      case AMD_VI, IOMMUFD_SELFTEST, NONE -> false;
    };
  }

  /** Which kind it is. */
  public IommuModel model() {
    return model;
  }

  /** The translating hardware. */
  public IommuUnit unit() {
    return unit;
  }

  /** It as VT-d's; null where it is none. */
  public @Nullable VtdUnit vtd() {
    return unit instanceof VtdUnit vtd ? vtd : null;
  }

  /** It as an SMMU; null where it is none. */
  public @Nullable SmmuUnit smmu() {
    return unit instanceof SmmuUnit smmu ? smmu : null;
  }

  /**
   * A new, empty domain. In VT-d's second level the read bit is the present bit, so what is
   * writable is readable.
   *
   * @param forNesting a guest may have a first stage over it
   */
  public IommuDomain newDomain(boolean forNesting) {
    return new IommuDomain(unit, ++domains, forNesting, model == IommuModel.INTEL_VTD);
  }

  @Override
  public void writeState(StateWriter out) {
    out.child("unit", "", unit);
  }
}
