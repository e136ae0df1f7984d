package io.virtrig.uapi;

import io.virtrig.v1.Operation;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * The names of operations as people and conformance cases write them: VFIO_IOMMU_MAP_DMA,
 * hw.dma_read, open.
 */
public final class OperationName {

  private static final Map<Operation.OpCase, String> NAMES = new EnumMap<>(Operation.OpCase.class);

  static {
    for (Operation.OpCase op : Operation.OpCase.values()) {
      NAMES.put(op, op == Operation.OpCase.OP_NOT_SET ? "" : name(field(op)));
    }
  }

  private OperationName() {}

  private static String field(Operation.OpCase op) {
    return Operation.getDescriptor().findFieldByNumber(op.getNumber()).getName();
  }

  private static String name(String field) {
    for (String world : new String[] {"hw_", "guest_", "host_", "vmm_"}) {
      if (field.startsWith(world)) {
        return field.replaceFirst("_", ".");
      }
    }
    return field.contains("_") ? field.toUpperCase(Locale.ROOT) : field;
  }

  /** The name of an operation; empty when none is set. */
  public static String of(Operation.OpCase op) {
    return NAMES.get(op);
  }
}
