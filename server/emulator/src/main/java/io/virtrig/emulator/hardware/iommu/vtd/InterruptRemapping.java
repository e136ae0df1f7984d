package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.UnitMemory;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Interrupt remapping: from the handle in a message to the entry that says where it goes, or to the
 * descriptor that it is posted in. Entries stay in force until they are invalidated; posted
 * descriptors are never kept.
 */
final class InterruptRemapping implements Stateful {
  private static final long TABLE = -1L << 12;
  private static final long EXTENDED = 1L << 11;
  private static final int ENTRY_SHIFT = 4;

  private static final int REMAPPABLE = 1 << 4;
  private static final int SUBHANDLE_VALID = 1 << 3;

  private static final long P = 1L;
  private static final long FPD = 1L << 1;
  private static final long POSTED = 1L << 15;
  private static final long REMAPPED_RESERVED = 7L << 12 | 0xffL << 24;
  private static final long POSTED_RESERVED = 0xfcL | 3L << 12 | 0x3fffL << 24;
  private static final long REMAPPED_RESERVED_1 = -1L << 20;
  private static final long POSTED_RESERVED_1 = 0xfffL << 20;

  private static final int VECTOR_SHIFT = 16;
  private static final int URGENT = 14;

  /** Posted descriptor: the word with ON, SN, NV and NDST, and its reserved bits. */
  private static final int CONTROL = 4 * Long.BYTES;

  private static final long ON = 1L;
  private static final long SN = 1L << 1;
  private static final long CONTROL_RESERVED = 0xfffcL | 0xffL << 24;

  /** Where interrupts go. */
  interface Sink {
    /**
     * A remapped interrupt.
     *
     * @param destination APIC id, or logical destination
     * @param deliveryMode DLM
     */
    void deliver(int vector, int destination, boolean logical, int deliveryMode, boolean level);

    /** Recorded unless the entry says otherwise. */
    void fault(int source, int index, VtdInterruptFault why);

    /** Remapping has no say: the message passes. */
    void pass(long address, int data);
  }

  private final UnitMemory memory;
  private final Sink sink;
  private final TreeMap<Integer, long[]> kept = new TreeMap<>();
  private boolean enabled;
  private boolean compatibility;
  private long table;

  InterruptRemapping(UnitMemory memory, Sink sink) {
    this.memory = memory;
    this.sink = sink;
  }

  boolean enabled() {
    return enabled;
  }

  void enable(boolean on) {
    enabled = on;
  }

  boolean compatibility() {
    return compatibility;
  }

  void compatibility(boolean on) {
    compatibility = on;
  }

  /** GCMD.SIRTP: IRTA is in force. */
  void table(long irta) {
    table = irta;
    kept.clear();
  }

  /** Interrupt entry cache, global. */
  void flush() {
    kept.clear();
  }

  /** {@code 1 << mask} entries, naturally aligned. */
  void flush(int index, int mask) {
    int first = index & -(1 << mask);
    kept.subMap(first, first + (1 << mask)).clear();
  }

  /** A device writes a message to 0xFEE00000 to 0xFEEFFFFF. */
  void message(int source, long address, int data) {
    if (!enabled) {
      sink.pass(address, data);
      return;
    }
    int low = (int) address;
    if ((low & REMAPPABLE) == 0) {
      if (compatibility && (table & EXTENDED) == 0) {
        sink.pass(address, data);
      } else {
        sink.fault(source, 0, VtdInterruptFault.COMPATIBILITY_BLOCKED);
      }
      return;
    }
    int index = (low >>> 5 & 0x7fff) | (low & 1 << 2) << 13;
    if ((low & SUBHANDLE_VALID) != 0) {
      if (data >>> 16 != 0) {
        sink.fault(source, index, VtdInterruptFault.REQUEST_RESERVED);
        return;
      }
      index += data & 0xffff;
    }
    if (index >= 1 << ((int) (table & 0xf) + 1)) {
      sink.fault(source, index & 0xffff, VtdInterruptFault.INDEX_TOO_LARGE);
      return;
    }
    byEntry(source, index);
  }

  private void byEntry(int source, int index) {
    long[] entry = kept.get(index);
    if (entry == null) {
      long at = (table & TABLE) + ((long) index << ENTRY_SHIFT);
      if (!memory.holds(at) || !memory.holds(at + Long.BYTES)) {
        sink.fault(source, index, VtdInterruptFault.TABLE_UNREADABLE);
        return;
      }
      entry = new long[] {memory.word(at), memory.word(at + Long.BYTES)};
    }
    VtdInterruptFault wrong = check(entry, source);
    if (wrong != null) {
      if ((entry[0] & FPD) == 0 || !wrong.qualified()) {
        sink.fault(source, index, wrong);
      }
      return;
    }
    kept.put(index, entry);
    if ((entry[0] & POSTED) != 0) {
      post(source, index, entry);
    } else {
      deliver(entry[0]);
    }
  }

  private static @Nullable VtdInterruptFault check(long[] entry, int source) {
    if ((entry[0] & P) == 0) {
      return VtdInterruptFault.NOT_PRESENT;
    }
    boolean posted = (entry[0] & POSTED) != 0;
    if ((entry[0] & (posted ? POSTED_RESERVED : REMAPPED_RESERVED)) != 0
        || (entry[1] & (posted ? POSTED_RESERVED_1 : REMAPPED_RESERVED_1)) != 0
        || (entry[1] >>> 18 & 3) == 3) {
      return VtdInterruptFault.ENTRY_RESERVED;
    }
    return allowed(entry[1], source) ? null : VtdInterruptFault.SOURCE_REFUSED;
  }

  /** SVT, SQ and SID: which sources may use the entry. */
  private static boolean allowed(long word, int source) {
    int sid = (int) (word & 0xffff);
    return switch ((int) (word >>> 18 & 3)) {
      case 1 -> {
        int ignored =
            switch ((int) (word >>> 16 & 3)) {
              case 0 -> 0;
              case 1 -> 4;
              case 2 -> 6;
              default -> 7;
            };
        yield ((sid ^ source) & 0xffff & ~ignored) == 0;
      }
      case 2 -> source >>> 8 >= sid >>> 8 && source >>> 8 <= (sid & 0xff);
      default -> true;
    };
  }

  private void deliver(long entry) {
    int destination = (table & EXTENDED) != 0 ? (int) (entry >>> 32) : (int) (entry >>> 40) & 0xff;
    sink.deliver(
        (int) (entry >>> VECTOR_SHIFT) & 0xff,
        destination,
        (entry & 1 << 2) != 0,
        (int) (entry >>> 5) & 7,
        (entry & 1 << 4) != 0);
  }

  private void post(int source, int index, long[] entry) {
    long descriptor = (entry[0] >>> 38 << 6 & 0xffff_ffffL) | (entry[1] & -1L << 32);
    if (!memory.holds(descriptor) || !memory.holds(descriptor + CONTROL)) {
      sink.fault(source, index, VtdInterruptFault.DESCRIPTOR_UNREADABLE);
      return;
    }
    long control = memory.word(descriptor + CONTROL);
    if ((control & CONTROL_RESERVED) != 0) {
      sink.fault(source, index, VtdInterruptFault.DESCRIPTOR_RESERVED);
      return;
    }
    int vector = (int) (entry[0] >>> VECTOR_SHIFT) & 0xff;
    memory.or(descriptor + (vector >>> 6) * (long) Long.BYTES, 1L << (vector & 0x3f));
    boolean urgent = (entry[0] >>> URGENT & 1) != 0;
    if ((control & ON) == 0 && (urgent || (control & SN) == 0)) {
      memory.or(descriptor + CONTROL, ON);
      int target = (int) (control >>> 32);
      sink.deliver(
          (int) (control >>> VECTOR_SHIFT) & 0xff,
          (table & EXTENDED) != 0 ? target : target >>> 8 & 0xff,
          false,
          0,
          false);
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("enabled", enabled);
    out.flag("compatibility", compatibility);
    out.hex("table", table);
    kept.forEach(
        (index, entry) -> {
          out.hex("entry_" + index + "_low", entry[0]);
          out.hex("entry_" + index + "_high", entry[1]);
        });
  }
}
