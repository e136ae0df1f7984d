package io.virtrig.uapi;

import io.virtrig.v1.Operation;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * The names of operations as people and conformance cases write them: VFIO_IOMMU_MAP_DMA,
 * hw.dma_read, open. They come from the enum: descriptors take long to be made, and a daemon can do
 * without.
 */
public final class OperationName {

  private static final Map<Operation.OpCase, String> NAMES = new EnumMap<>(Operation.OpCase.class);

  static {
    for (Operation.OpCase op : Operation.OpCase.values()) {
      NAMES.put(op, op == Operation.OpCase.OP_NOT_SET ? "" : name(op.name()));
    }
  }

  private OperationName() {}

  private static String name(String constant) {
    for (String world : new String[] {"HW_", "GUEST_", "HOST_", "VMM_"}) {
      if (constant.startsWith(world)) {
        return constant.toLowerCase(Locale.ROOT).replaceFirst("_", ".");
      }
    }
    return constant.contains("_") ? constant : constant.toLowerCase(Locale.ROOT);
  }

  /** The name of an operation; empty when none is set. */
  public static String of(Operation.OpCase op) {
    return NAMES.get(op);
  }
}
