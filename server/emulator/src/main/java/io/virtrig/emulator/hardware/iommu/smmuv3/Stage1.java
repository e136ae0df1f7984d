package io.virtrig.emulator.hardware.iommu.smmuv3;

import static io.virtrig.emulator.hardware.iommu.TableKind.STAGE_1;
import static io.virtrig.emulator.hardware.iommu.smmuv3.Descriptor.*;

import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent.EventClass;

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
  private final ContextDescriptor context;
  private final Stage2 stage2;
  private int leafLevel;

  /** Translates as the descriptor says, whatever it is at the time. */
  Stage1(
      TableMemory memory,
      SmmuCapabilities capabilities,
      SmmuOutcome outcome,
      ContextDescriptor context,
      Stage2 stage2) {
    this.memory = memory;
    this.capabilities = capabilities;
    this.outcome = outcome;
    this.context = context;
    this.stage2 = stage2;
  }

  /** Translates; {@link Descriptor#FAULTED} when that fails. */
  long translate(DmaRequest request, boolean nested) {
    long input = request.address();
    boolean upper = (input >>> HALF_BIT & 1) != 0;
    int bits = context.inputBits(upper);
    int ignored = context.topByteIgnored(upper) ? TOP_BYTE : 0;
    long above = (input << ignored >> ignored) >> bits;
    if (context.disabled(upper) || above != (upper ? -1 : 0)) {
      return fault(SmmuEvent.F_TRANSLATION, SmmuOutcome.NO_LEVEL);
    }
    int outputBits = context.outputBits(capabilities);
    int level = LAST_LEVEL + 1 - (bits - 4) / 9;
    int indexBits = bits - shift(level);
    long table = context.table(upper) & (-1L << (indexBits + 3));
    long restrictions = 0;
    while (true) {
      long offset = (input >>> shift(level) & ((1L << indexBits) - 1)) << 3;
      long at = table + offset;
      if (nested) {
        at = stage2.translate(at, false, EventClass.TT);
        if (at == FAULTED) {
          return FAULTED;
        }
      }
      if (!memory.holds(at)) {
        return outcome.fault(SmmuEvent.F_WALK_EABT, EventClass.TT, false, level, true);
      }
      long descriptor = outcome.read(STAGE_1, level, at - offset, at);
      if (!valid(descriptor, level)) {
        return fault(SmmuEvent.F_TRANSLATION, level);
      }
      if (leaf(descriptor, level)) {
        return atLeaf(descriptor, level, request, restrictions, outputBits);
      }
      if (context.hierarchical(upper)) {
        restrictions |= descriptor & (TABLE_NO_USER | TABLE_READ_ONLY);
      }
      table = table(descriptor);
      if (table >>> outputBits != 0) {
        return fault(SmmuEvent.F_ADDR_SIZE, level);
      }
      indexBits = 9;
      level++;
    }
  }

  private long atLeaf(
      long descriptor, int level, DmaRequest request, long restrictions, int outputBits) {
    if ((descriptor & ACCESS_FLAG) == 0 && context.accessFaults()) {
      return fault(SmmuEvent.F_ACCESS, level);
    }
    long output = output(descriptor, level, request.address());
    if (output >>> outputBits != 0) {
      return fault(SmmuEvent.F_ADDR_SIZE, level);
    }
    boolean user = (descriptor & STAGE_1_USER) != 0 && (restrictions & TABLE_NO_USER) == 0;
    boolean writable =
        (descriptor & STAGE_1_READ_ONLY) == 0 && (restrictions & TABLE_READ_ONLY) == 0;
    if ((request.write() && !writable) || (!request.privileged() && !user)) {
      return fault(SmmuEvent.F_PERMISSION, level);
    }
    leafLevel = level;
    return output;
  }

  private long fault(SmmuEvent why, int level) {
    return outcome.fault(why, EventClass.IN, false, level, context.records());
  }

  /** Offset bits of the page translated last. */
  int pageShift() {
    return shift(leafLevel);
  }
}
