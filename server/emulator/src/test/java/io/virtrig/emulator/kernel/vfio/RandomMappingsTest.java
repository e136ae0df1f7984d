package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.Vfio.VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;

import io.virtrig.emulator.Rig;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioBitmap;
import io.virtrig.v1.VfioIommuDirtyPagesRequest;
import io.virtrig.v1.VfioIommuDirtyRange;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random MAP, UNMAP and DIRTY_PAGES calls against a model that keeps a map of pages. Mappings begin
 * on multiples of 64 pages, where the kernel's bitmaps hold no strays.
 */
class RandomMappingsTest {
  private static final int SEQUENCES = 400;
  private static final int STEPS = 40;
  private static final long PAGE = 4096;
  private static final long BLOCK = 64 * PAGE;
  private static final int BLOCKS = 12;

  private enum Call {
    MAP,
    UNMAP,
    START,
    STOP,
    QUERY
  }

  /** A call on pages from {@code block * 64}. */
  private record Step(Call call, int block, int pages) {}

  @Test
  void callsDoWhatAMapOfPagesSays() {
    for (long seed = 0; seed < SEQUENCES; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<Step> steps = new ArrayList<>();
      for (int i = 0; i < STEPS; i++) {
        int longest = random.nextInt(4) == 0 ? 4 * 64 : 64;
        steps.add(
            new Step(
                Call.values()[random.nextInt(Call.values().length)],
                random.nextInt(BLOCKS),
                1 + random.nextInt(longest)));
      }
      Sequences.check(seed, steps, RandomMappingsTest::run);
    }
  }

  private static @Nullable String run(List<Step> steps) {
    // First page to number of pages.
    TreeMap<Integer, Integer> model = new TreeMap<>();
    boolean tracking = false;
    try (VfioRig rig = new VfioRig()) {
      long memory = rig.rig.mmap(8 * BLOCK);
      for (Step step : steps) {
        int first = 64 * step.block;
        int end = first + step.pages;
        boolean cut = cuts(model, first, end);
        Result result = rig.rig.apply(operation(rig, step, memory));
        String expected =
            switch (step.call) {
              case MAP -> overlaps(model, first, end) ? "EEXIST" : "";
              case UNMAP -> cut ? "EINVAL" : "";
              case START, STOP -> "";
              case QUERY -> cut || !tracking ? "EINVAL" : "";
            };
        if (!expected.equals(result.getErrno().getName())) {
          return step + ": expected \"" + expected + "\", got " + result;
        }
        if (!expected.isEmpty()) {
          continue;
        }
        switch (step.call) {
          case MAP -> model.put(first, step.pages);
          case UNMAP -> {
            long pages = model.subMap(first, end).values().stream().mapToLong(n -> n).sum();
            model.subMap(first, end).clear();
            if (result.getVfioIommuUnmapDma().getSize() != pages * PAGE) {
              return step + ": expected " + pages + " pages, got " + result;
            }
          }
          case START -> tracking = true;
          case STOP -> tracking = false;
          case QUERY -> {
            BitSet dirty = new BitSet();
            model.subMap(first, end).forEach((at, n) -> dirty.set(at - first, at - first + n));
            BitSet got =
                BitSet.valueOf(
                    result.getVfioIommuDirtyPages().getRange().getBitmap().getData().toByteArray());
            if (!dirty.equals(got)) {
              return step + ": expected " + dirty + ", got " + got;
            }
          }
        }
      }
      int mapped = model.values().stream().mapToInt(n -> n).sum();
      long locked = lockedPages(rig);
      return locked == mapped ? null : mapped + " pages are mapped, " + locked + " are locked";
    }
  }

  private static boolean overlaps(Map<Integer, Integer> model, int first, int end) {
    return model.entrySet().stream()
        .anyMatch(m -> m.getKey() < end && m.getKey() + m.getValue() > first);
  }

  /** The range begins or ends inside a mapping. */
  private static boolean cuts(Map<Integer, Integer> model, int first, int end) {
    return model.entrySet().stream()
        .anyMatch(
            m ->
                (m.getKey() < first && m.getKey() + m.getValue() > first)
                    || (m.getKey() < end && m.getKey() + m.getValue() > end));
  }

  private static long lockedPages(VfioRig rig) {
    return Long.parseLong(
        Rig.field(
            Rig.child(Rig.child(rig.rig.host().describe(), "process"), "memory"), "locked_pages"));
  }

  private static Operation.Builder operation(VfioRig rig, Step step, long memory) {
    long iova = step.block * BLOCK;
    long size = step.pages * PAGE;
    return switch (step.call) {
      case MAP -> rig.map(iova, memory, size);
      case UNMAP -> rig.unmap(0, iova, size);
      case START -> dirty(rig, VFIO_IOMMU_DIRTY_PAGES_FLAG_START, 0, 0);
      case STOP -> dirty(rig, VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP, 0, 0);
      case QUERY -> dirty(rig, VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP, iova, size);
    };
  }

  private static Operation.Builder dirty(VfioRig rig, int flags, long iova, long size) {
    VfioIommuDirtyPagesRequest.Builder arg =
        VfioIommuDirtyPagesRequest.newBuilder().setTargetFd(rig.container).setFlags(flags);
    if (size > 0) {
      long bytes = (size / PAGE + 63) / 64 * 8;
      arg.setRange(
          VfioIommuDirtyRange.newBuilder()
              .setIova(iova)
              .setSize(size)
              .setBitmap(VfioBitmap.newBuilder().setPgsize(PAGE).setSize(bytes)));
    }
    return Operation.newBuilder().setVfioIommuDirtyPages(arg);
  }
}
