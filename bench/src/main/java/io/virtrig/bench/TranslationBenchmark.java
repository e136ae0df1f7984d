package io.virtrig.bench;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.iommu.IommuUnit;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.hardware.iommu.vtd.HostPasidEntry;
import io.virtrig.emulator.hardware.iommu.vtd.VtdCapabilities;
import io.virtrig.emulator.hardware.iommu.vtd.VtdTranslation;
import io.virtrig.emulator.hardware.iommu.vtd.VtdUnit;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.IommuSpec;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * VT-d's translations, from the IOTLB and by uncached walks of tables, beside the least that a walk
 * can cost: following one index a level through an array of words.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TranslationBenchmark {
  private static final int LEVELS = 4;
  private static final int TABLE_WORDS = 512;
  private static final long TABLE_BYTES = TABLE_WORDS * 8L;
  private static final int HOST_WIDTH = 46;
  private static final long CAP =
      (1L << (VtdCapabilities.CAP_SAGAW_SHIFT + 2)) | (47L << VtdCapabilities.CAP_MGAW_SHIFT);
  private static final long ECAP =
      VtdCapabilities.ECAP_NEST | VtdCapabilities.ECAP_FLTS | VtdCapabilities.ECAP_SLTS;

  /** Present, read, write, user, accessed, dirty: for entries of either level. */
  private static final long ENTRY = 0x67;

  private static final int SOURCE = 0x10;
  private static final long SECOND_ROOT = TABLE_BYTES;
  private static final long FIRST_ROOT = 0x10 * TABLE_BYTES;
  private static final long ADDRESS_BITS = 0x000f_ffff_ffff_f000L;
  private static final long PASID_NESTED = SECOND_ROOT | (3 << 6) | (2 << 2) | 1;
  private static final long PASID_FIRST = (1 << 6) | 1;

  private final long[] words = new long[0x40 * TABLE_WORDS];
  private final long[] nested = {PASID_NESTED, 1, FIRST_ROOT | 1, 0, 0, 0, 0, 0};
  private final long[] firstOnly = {PASID_FIRST, 1, FIRST_ROOT | 1, 0, 0, 0, 0, 0};
  private final DmaRequest request = new DmaRequest(0, DmaRequest.NO_PASID, 0x1234, true, false);
  private final VtdTranslation translation =
      new VtdTranslation(
          new Words(words), new VtdCapabilities(HOST_WIDTH, CAP, ECAP), WalkObserver.NONE);

  private final PhysicalMemory memory = new PhysicalMemory();
  private final DmaRequest kept = new DmaRequest(SOURCE, 100, 0x1234, true, false);
  private @Nullable IommuUnit unit;

  /** A host's unit, with a guest's first level over 256 KiB. */
  private IommuUnit unit() {
    HostConfiguration configuration =
        HostConfiguration.of(
            HostSpec.newBuilder().setIommu(IommuSpec.newBuilder().setNesting(true)).build());
    Iommu iommu = new Iommu(configuration, memory);
    VtdUnit vtd = Objects.requireNonNull(iommu.vtd());
    IommuDomain domain = iommu.newDomain(true);
    long base = memory.allocate(0x40) << PhysicalMemory.PAGE_SHIFT;
    domain.map(0, 0x40 * TABLE_BYTES, base, true, true);
    vtd.attach(SOURCE, domain);
    vtd.setPasid(
        SOURCE, 100, new HostPasidEntry.Nested(domain, FIRST_ROOT, LEVELS, false, false, false));
    return vtd;
  }

  private void copyTables() {
    for (int word = 0; word < words.length; word++) {
      memory.setBits(word * 8L, words[word]);
    }
  }

  private static final class Words implements TableMemory {
    private final long[] words;

    Words(long[] words) {
      this.words = words;
    }

    @Override
    public boolean holds(long address) {
      return address >>> 3 < words.length;
    }

    @Override
    public long word(long address) {
      return words[(int) (address >>> 3)];
    }

    @Override
    public boolean or(long address, long bits) {
      words[(int) (address >>> 3)] |= bits;
      return true;
    }
  }

  /** A second level that maps the first 2 MiB to themselves, and a first level for the address. */
  @Setup
  public void tables() {
    chain(SECOND_ROOT, 0);
    long pages = SECOND_ROOT + (LEVELS - 1) * TABLE_BYTES;
    for (int page = 0; page < TABLE_WORDS; page++) {
      words[(int) (pages >>> 3) + page] = (page * TABLE_BYTES) | ENTRY;
    }
    chain(FIRST_ROOT, 1);
    words[(int) ((FIRST_ROOT + (LEVELS - 1) * TABLE_BYTES) >>> 3) + 1] =
        (0x20 * TABLE_BYTES) | ENTRY;
    unit = unit();
    copyTables();
    if (nestedWalk() != plainWalk() || firstLevelWalk() != plainWalk()) {
      throw new IllegalStateException("the walks differ");
    }
  }

  private void chain(long root, int lowest) {
    for (int level = 0; level < LEVELS - 1; level++) {
      words[(int) ((root + level * TABLE_BYTES) >>> 3)] =
          (root + (level + 1) * TABLE_BYTES) | ENTRY;
    }
    words[(int) ((root + (LEVELS - 1) * TABLE_BYTES) >>> 3) + lowest] = ENTRY;
  }

  /** A translation that the unit has kept. */
  @Benchmark
  public long iotlbHit() {
    return Objects.requireNonNull(unit).translate(kept).address();
  }

  /** 4 levels over 4: 24 reads. */
  @Benchmark
  public long nestedWalk() {
    return translation.translate(nested, request).address();
  }

  /** 4 levels: 4 reads. */
  @Benchmark
  public long firstLevelWalk() {
    return translation.translate(firstOnly, request).address();
  }

  /** The same 4 reads, looking at nothing but the address. */
  @Benchmark
  public long plainWalk() {
    long input = request.address();
    long table = FIRST_ROOT;
    for (int shift = 39; shift >= 12; shift -= 9) {
      table = words[(int) (table >>> 3) + (int) (input >>> shift & 0x1ff)] & ADDRESS_BITS;
    }
    return table | (input & (TABLE_BYTES - 1));
  }
}
