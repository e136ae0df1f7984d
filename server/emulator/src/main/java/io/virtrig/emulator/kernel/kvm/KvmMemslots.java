package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Arrays;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The slots of one address space (struct kvm_memslots), by id and by address. They never overlap.
 *
 * <p>By address they are an array that is searched in halves, after the slot that was found last:
 * guests stay where they are.
 */
final class KvmMemslots implements Stateful {
  private final Int2ObjectHashMap<KvmMemorySlot> byId = new Int2ObjectHashMap<>();
  private long[] bases = new long[4];
  private KvmMemorySlot[] slots = new KvmMemorySlot[4];
  private int count;
  private int lastUsed;

  @Nullable KvmMemorySlot slot(int id) {
    return byId.get(id);
  }

  /** The slot that holds the page. */
  @Nullable KvmMemorySlot at(long gfn) {
    int last = lastUsed;
    if (last < count && bases[last] <= gfn && gfn < slots[last].endGfn()) {
      return slots[last];
    }
    int at = floor(gfn);
    if (at < 0 || gfn >= slots[at].endGfn()) {
      return null;
    }
    lastUsed = at;
    return slots[at];
  }

  /** The position of the last slot that begins at or below the page; -1 for none. */
  private int floor(long gfn) {
    int at = Arrays.binarySearch(bases, 0, count, gfn);
    return at >= 0 ? at : -at - 2;
  }

  /**
   * A slot that has a page of [base, end).
   *
   * @param except a slot that does not count
   */
  @Nullable KvmMemorySlot overlapping(long base, long end, @Nullable KvmMemorySlot except) {
    for (int at = floor(end - 1); at >= 0; at--) {
      if (slots[at].endGfn() <= base && slots[at] != except) {
        return null;
      }
      if (slots[at].endGfn() > base && slots[at] != except) {
        return slots[at];
      }
    }
    return null;
  }

  void add(KvmMemorySlot slot) {
    int at = floor(slot.baseGfn()) + 1;
    if (count == slots.length) {
      bases = Arrays.copyOf(bases, 2 * count);
      slots = Arrays.copyOf(slots, 2 * count);
    }
    System.arraycopy(bases, at, bases, at + 1, count - at);
    System.arraycopy(slots, at, slots, at + 1, count - at);
    bases[at] = slot.baseGfn();
    slots[at] = slot;
    count++;
    byId.put(slot.id(), slot);
  }

  void remove(KvmMemorySlot slot) {
    int at = floor(slot.baseGfn());
    count--;
    System.arraycopy(bases, at + 1, bases, at, count - at);
    System.arraycopy(slots, at + 1, slots, at, count - at);
    byId.remove(slot.id());
  }

  @Override
  public void writeState(StateWriter out) {
    for (int at = 0; at < count; at++) {
      out.child("slot", Integer.toString(slots[at].id()), slots[at]);
    }
  }
}
