package io.virtrig.emulator.hardware.vdpa;

import io.virtrig.emulator.state.StateWriter;

/** A packed virtqueue from the device's side, by the virtio specification 1.1. */
final class PackedRing extends Ring {
  private static final int DESC_F_AVAIL = 0x80;
  private static final int DESC_F_USED = 0x8000;

  /** Values of the driver event area's flags. */
  private static final int EVENT_DISABLE = 1;

  private static final int EVENT_DESC = 2;

  private static final int INDEX_MASK = 0x7fff;
  private static final int WRAP = 0x8000;

  /** Offsets in a descriptor. */
  private static final int LENGTH = 8;

  private static final int ID = 12;
  private static final int FLAGS = 14;

  private final boolean indirect;
  private final boolean eventIndex;
  private final long desc;
  private final long driver;
  private final byte[] descriptor = new byte[DESC_BYTES];
  private int available;
  private boolean availableWrap;
  private int used;
  private boolean usedWrap;

  /**
   * A queue that becomes ready.
   *
   * @param base bits 0 to 14 the available index, 15 its wrap counter, 16 to 30 the used index, 31
   *     its wrap counter
   */
  PackedRing(boolean indirect, boolean eventIndex, int size, long desc, long driver, int base) {
    super(size);
    this.indirect = indirect;
    this.eventIndex = eventIndex;
    this.desc = desc;
    this.driver = driver;
    position(base);
  }

  private void position(int base) {
    available = base & INDEX_MASK;
    availableWrap = (base & WRAP) != 0;
    used = base >>> 16 & INDEX_MASK;
    usedWrap = (base >>> 16 & WRAP) != 0;
  }

  @Override
  int used() {
    return base() >>> 16;
  }

  @Override
  void base(int position) {
    position(position);
  }

  @Override
  Found next(Translations iotlb, Chain chain) {
    if (available >= size || used >= size) {
      return broken("index out of range");
    }
    if (!iotlb.read(desc + (long) available * DESC_BYTES, descriptor, 0, DESC_BYTES)) {
      return unmapped(iotlb);
    }
    if (!isAvailable(availableWrap)) {
      return Found.EMPTY;
    }
    chain.clear();
    int flags = Translations.u16(descriptor, FLAGS);
    if ((flags & DESC_F_INDIRECT) != 0) {
      return indirect(iotlb, chain, flags);
    }
    return direct(iotlb, chain);
  }

  private boolean isAvailable(boolean wrap) {
    int flags = Translations.u16(descriptor, FLAGS);
    return (flags & DESC_F_AVAIL) != 0 == wrap && (flags & DESC_F_USED) != 0 != wrap;
  }

  private Found direct(Translations iotlb, Chain chain) {
    int index = available;
    boolean wrap = availableWrap;
    int slots = 0;
    while (true) {
      int flags = Translations.u16(descriptor, FLAGS);
      if ((flags & DESC_F_INDIRECT) != 0) {
        return broken("indirect in a chain");
      }
      if (!add(chain, flags)) {
        return Found.BROKEN;
      }
      slots++;
      if (++index == size) {
        index = 0;
        wrap = !wrap;
      }
      if ((flags & DESC_F_NEXT) == 0) {
        break;
      }
      if (slots == size) {
        return broken("loop");
      }
      if (!iotlb.read(desc + (long) index * DESC_BYTES, descriptor, 0, DESC_BYTES)) {
        return unmapped(iotlb);
      }
      if (!isAvailable(wrap)) {
        return broken("chain cut short");
      }
    }
    chain.close(Translations.u16(descriptor, ID), slots);
    available = index;
    availableWrap = wrap;
    return Found.CHAIN;
  }

  private Found indirect(Translations iotlb, Chain chain, int flags) {
    long table = Translations.u64(descriptor, 0);
    long length = Translations.u32(descriptor, LENGTH) & 0xffffffffL;
    int id = Translations.u16(descriptor, ID);
    if (!indirect) {
      return broken("indirect not negotiated");
    }
    if ((flags & (DESC_F_NEXT | DESC_F_WRITE)) != 0) {
      return broken("indirect with other flags");
    }
    if (length == 0 || length % DESC_BYTES != 0 || length / DESC_BYTES > size) {
      return broken("indirect length");
    }
    for (long at = 0; at < length; at += DESC_BYTES) {
      if (!iotlb.read(table + at, descriptor, 0, DESC_BYTES)) {
        return unmapped(iotlb);
      }
      int inner = Translations.u16(descriptor, FLAGS);
      if ((inner & DESC_F_INDIRECT) != 0) {
        return broken("nested indirect");
      }
      if (!add(chain, inner)) {
        return Found.BROKEN;
      }
    }
    chain.close(id, 1);
    if (++available == size) {
      available = 0;
      availableWrap = !availableWrap;
    }
    return Found.CHAIN;
  }

  private boolean add(Chain chain, int flags) {
    boolean write = (flags & DESC_F_WRITE) != 0;
    String wrong = null;
    if (!write && chain.anyWritable()) {
      wrong = "readable after writable";
    } else if (!chain.add(
        Translations.u64(descriptor, 0),
        Translations.u32(descriptor, LENGTH) & 0xffffffffL,
        write)) {
      wrong = "loop";
    }
    return wrong == null || broken(wrong) != Found.BROKEN;
  }

  @Override
  void untake(Chain chain) {
    available -= chain.slots();
    if (available < 0) {
      available += size;
      availableWrap = !availableWrap;
    }
  }

  @Override
  boolean use(Translations iotlb, Chain chain, int written) {
    long slot = desc + (long) used * DESC_BYTES;
    int flags = (usedWrap ? DESC_F_AVAIL | DESC_F_USED : 0) | (written != 0 ? DESC_F_WRITE : 0);
    if (!iotlb.u32AndU16(slot + LENGTH, written, chain.id()) || !iotlb.u16(slot + FLAGS, flags)) {
      refused(iotlb);
      return false;
    }
    used += chain.slots();
    if (used >= size) {
      used -= size;
      usedWrap = !usedWrap;
    }
    return true;
  }

  @Override
  Wanted interruptWanted(Translations iotlb, Chain chain) {
    int flags = iotlb.u16(driver + 2);
    if (flags < 0) {
      return Wanted.REFUSED;
    }
    if (flags == EVENT_DISABLE) {
      return Wanted.NO;
    }
    if (flags != EVENT_DESC || !eventIndex) {
      return Wanted.YES;
    }
    int offsetWrap = iotlb.u16(driver);
    if (offsetWrap < 0) {
      return Wanted.REFUSED;
    }
    int event = offsetWrap & INDEX_MASK;
    if ((offsetWrap & WRAP) != 0 != usedWrap) {
      event -= size;
    }
    boolean passed = ((used - event - 1) & 0xffff) < chain.slots();
    return passed ? Wanted.YES : Wanted.NO;
  }

  /** The device event area stays as it is: kicks are always welcome. */
  @Override
  boolean wantKicks(Translations iotlb) {
    return true;
  }

  @Override
  int base() {
    return available | (availableWrap ? WRAP : 0) | used << 16 | (usedWrap ? WRAP << 16 : 0);
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("available", available);
    out.flag("available_wrap", availableWrap);
    out.number("used", used);
    out.flag("used_wrap", usedWrap);
  }
}
