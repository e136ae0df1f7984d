package io.virtrig.emulator.kernel.vhost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A driver's end of one queue, split or packed, in guest memory: it lays chains down, kicks, and
 * takes them back.
 */
final class VirtioDriver {
  private final VdpaRig vdpa;
  private final int queue;
  private final boolean packed;
  private final int size;
  private final long desc;
  private final long avail;
  private final long used;
  final int kick;
  final int call;
  private int nextSlot;
  private boolean wrap = true;
  private int available;
  private int usedSeen;
  private boolean usedWrap = true;

  /** A part of a chain. */
  record Part(long iova, int length, boolean write) {}

  VirtioDriver(VdpaRig vdpa, int queue, boolean packed, int size, long at) {
    this.vdpa = vdpa;
    this.queue = queue;
    this.packed = packed;
    this.size = size;
    desc = at;
    avail = at + 0x1000;
    used = at + 0x2000;
    kick = vdpa.rig.eventfd(0);
    call = vdpa.rig.eventfd(0);
    vdpa.rig.ok(vdpa.num(queue, size));
    vdpa.rig.ok(vdpa.addr(queue, 0, desc, avail, used));
    vdpa.rig.ok(vdpa.kick(queue, kick));
    vdpa.rig.ok(vdpa.call(queue, call));
    vdpa.rig.ok(vdpa.enable(queue));
  }

  private static ByteBuffer bytes(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Makes a chain available; its id. */
  int add(Part... parts) {
    return packed ? addPacked(parts) : addSplit(parts);
  }

  private int addSplit(Part... parts) {
    int head = nextSlot;
    for (int i = 0; i < parts.length; i++) {
      int slot = nextSlot;
      nextSlot = (nextSlot + 1) % size;
      boolean more = i + 1 < parts.length;
      descriptor(slot, parts[i], (more ? 1 : 0) | (parts[i].write ? 2 : 0), nextSlot);
    }
    vdpa.store(avail + 4 + 2L * (available % size), bytes(2).putShort((short) head).array());
    available = (available + 1) & 0xffff;
    vdpa.store(avail + 2, bytes(2).putShort((short) available).array());
    return head;
  }

  private int addPacked(Part... parts) {
    int id = nextSlot;
    int head = nextSlot;
    boolean headWrap = wrap;
    for (int i = 0; i < parts.length; i++) {
      if (i > 0) {
        packedDescriptor(nextSlot, wrap, parts, i, id);
      }
      if (++nextSlot == size) {
        nextSlot = 0;
        wrap = !wrap;
      }
    }
    packedDescriptor(head, headWrap, parts, 0, id);
    return id;
  }

  private void packedDescriptor(int slot, boolean slotWrap, Part[] parts, int i, int id) {
    int flags = (i + 1 < parts.length ? 1 : 0) | (parts[i].write ? 2 : 0);
    flags |= slotWrap ? 0x80 : 0x8000;
    vdpa.store(
        desc + 16L * slot,
        bytes(16)
            .putLong(parts[i].iova)
            .putInt(parts[i].length)
            .putShort((short) id)
            .putShort((short) flags)
            .array());
  }

  private void descriptor(int slot, Part part, int flags, int next) {
    vdpa.store(
        desc + 16L * slot,
        bytes(16)
            .putLong(part.iova)
            .putInt(part.length)
            .putShort((short) flags)
            .putShort((short) next)
            .array());
  }

  void kick() {
    vdpa.rig.write(kick, 1);
  }

  /** How often the queue interrupted since it was asked last. */
  long interrupts() {
    return vdpa.rig.read(call);
  }

  /** Bytes written into the chain used next; -1 when none is. */
  int take(int slots) {
    return packed ? takePacked(slots) : takeSplit();
  }

  private int takeSplit() {
    int index =
        ByteBuffer.wrap(vdpa.load(used + 2, 2)).order(ByteOrder.LITTLE_ENDIAN).getShort() & 0xffff;
    if (index == usedSeen) {
      return -1;
    }
    byte[] entry = vdpa.load(used + 4 + 8L * (usedSeen % size), 8);
    usedSeen = (usedSeen + 1) & 0xffff;
    return ByteBuffer.wrap(entry).order(ByteOrder.LITTLE_ENDIAN).getInt(4);
  }

  private int takePacked(int slots) {
    ByteBuffer entry =
        ByteBuffer.wrap(vdpa.load(desc + 16L * usedSeen, 16)).order(ByteOrder.LITTLE_ENDIAN);
    int flags = entry.getShort(14);
    boolean isUsed = (flags & 0x80) != 0 == usedWrap && (flags & 0x8000) != 0 == usedWrap;
    if (!isUsed) {
      return -1;
    }
    usedSeen += slots;
    if (usedSeen >= size) {
      usedSeen -= size;
      usedWrap = !usedWrap;
    }
    return entry.getInt(8);
  }

  int queue() {
    return queue;
  }
}
