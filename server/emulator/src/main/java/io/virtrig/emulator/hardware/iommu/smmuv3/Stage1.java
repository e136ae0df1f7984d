package io.virtrig.emulator.hardware.iommu.smmuv3;

import static io.virtrig.emulator.hardware.iommu.TableKind.STAGE_1;
import static io.virtrig.emulator.hardware.iommu.smmuv3.Descriptor.*;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent.EventClass;
import org.jspecify.annotations.Nullable;

/**
 * Stage 1: a device's addresses to physical ones, or with both stages to intermediate ones. Then
 * its tables lie at intermediate addresses too, and stage 2 translates each before it is read.
 */
final class Stage1 {
  private static final int HALF_BIT = 55;
  private static final int TOP_BYTE = 8;

  private final TableMemory memory;
  private final SmmuCapabilities capabilities;
  private final SmmuOutcome outcome;

  /** Where the descriptors used lie, and what they hold, by level. */
  private final long[] path = new long[LAST_LEVEL + 1];

  private final long[] entries = new long[LAST_LEVEL + 1];
  private int startLevel;
  private int leafLevel;
  private boolean user;
  private boolean writable;

  Stage1(TableMemory memory, SmmuCapabilities capabilities, SmmuOutcome outcome) {
    this.memory = memory;
    this.capabilities = capabilities;
    this.outcome = outcome;
  }

  /**
   * Translates as a context descriptor says; {@link Descriptor#FAULTED} when that fails.
   *
   * @param stage2 what table addresses go through; null when they are physical
   */
  long translate(ContextDescriptor context, DmaRequest request, @Nullable Stage2 stage2) {
    long input = request.address();
    boolean upper = (input >>> HALF_BIT & 1) != 0;
    int bits = context.inputBits(upper);
    int ignored = context.topByteIgnored(upper) ? TOP_BYTE : 0;
    long above = (input << ignored >> ignored) >> bits;
    if (context.disabled(upper) || above != (upper ? -1 : 0)) {
      return fault(context, SmmuEvent.F_TRANSLATION, SmmuOutcome.NO_LEVEL);
    }
    int outputBits = context.outputBits(capabilities);
    int level = LAST_LEVEL + 1 - (bits - 4) / 9;
    int indexBits = bits - shift(level);
    long table = context.table(upper) & (-1L << (indexBits + 3));
    long restrictions = 0;
    startLevel = level;
    while (true) {
      long offset = (input >>> shift(level) & ((1L << indexBits) - 1)) << 3;
      long at = table + offset;
      if (stage2 != null) {
        at = stage2.translate(at, false, EventClass.TT);
        if (at == FAULTED) {
          return FAULTED;
        }
      }
      if (!memory.holds(at)) {
        outcome.fetch(at);
        return outcome.fault(SmmuEvent.F_WALK_EABT, EventClass.TT, false, level, true);
      }
      long descriptor = outcome.read(STAGE_1, level, at - offset, at);
      path[level] = at;
      entries[level] = descriptor;
      if (!valid(descriptor, level)) {
        return fault(context, SmmuEvent.F_TRANSLATION, level);
      }
      if (leaf(descriptor, level)) {
        return atLeaf(context, descriptor, level, request, restrictions, outputBits);
      }
      if (context.hierarchical(upper)) {
        restrictions |= descriptor & (TABLE_NO_USER | TABLE_READ_ONLY);
      }
      table = table(descriptor);
      if (table >>> outputBits != 0) {
        return fault(context, SmmuEvent.F_ADDR_SIZE, level);
      }
      indexBits = 9;
      level++;
    }
  }

  private long atLeaf(
      ContextDescriptor context,
      long descriptor,
      int level,
      DmaRequest request,
      long restrictions,
      int outputBits) {
    if ((descriptor & ACCESS_FLAG) == 0 && context.accessFaults()) {
      return fault(context, SmmuEvent.F_ACCESS, level);
    }
    long output = output(descriptor, level, request.address());
    if (output >>> outputBits != 0) {
      return fault(context, SmmuEvent.F_ADDR_SIZE, level);
    }
    user = (descriptor & STAGE_1_USER) != 0 && (restrictions & TABLE_NO_USER) == 0;
    writable = (descriptor & STAGE_1_READ_ONLY) == 0 && (restrictions & TABLE_READ_ONLY) == 0;
    if ((request.write() && !writable) || (!request.privileged() && !user)) {
      return fault(context, SmmuEvent.F_PERMISSION, level);
    }
    leafLevel = level;
    return output;
  }

  private long fault(ContextDescriptor context, SmmuEvent why, int level) {
    return outcome.fault(why, EventClass.IN, false, level, context.records());
  }

  /** Whether users may use the page translated last. */
  boolean user() {
    return user;
  }

  /** Whether it may be written. */
  boolean writable() {
    return writable;
  }

  /** Whether it is the same in every address space. */
  boolean global() {
    return (entries[leafLevel] & NOT_GLOBAL) == 0;
  }

  /** The level at which the last walk began. */
  int startLevel() {
    return startLevel;
  }

  /** The level at which it found its page. */
  int leafLevel() {
    return leafLevel;
  }

  /** Where the descriptor of a level lies. */
  long entryAddress(int level) {
    return path[level];
  }

  /** What it holds. */
  long entry(int level) {
    return entries[level];
  }

  /** Offset bits of the page translated last. */
  int pageShift() {
    return shift(leafLevel);
  }
}
