package io.virtrig.emulator.hardware.vdpa;

import io.virtrig.emulator.state.StateWriter;
import org.jspecify.annotations.Nullable;

/**
 * A split virtqueue from the device's side: as drivers/vhost/vringh.c of Linux 6.1 treats it, or
 * strictly by the virtio specification.
 */
final class SplitRing extends Ring {
  private static final int AVAIL_F_NO_INTERRUPT = 1;

  /** Offsets in the available and the used ring. */
  private static final int INDEX = 2;

  private static final int ENTRIES = 4;
  private static final int USED_ENTRY_BYTES = 8;

  private final boolean strict;
  private final boolean indirect;
  private final boolean eventIndex;
  private final long desc;
  private final long driver;
  private final long device;
  private final byte[] descriptor = new byte[DESC_BYTES];
  private int available;
  private int used;

  /**
   * A queue that becomes ready.
   *
   * @param base where the device starts reading; its used index starts at the same value
   */
  SplitRing(
      boolean strict,
      boolean indirect,
      boolean eventIndex,
      int size,
      long desc,
      long driver,
      long device,
      int base) {
    super(size);
    this.strict = strict;
    this.indirect = indirect;
    this.eventIndex = eventIndex;
    this.desc = desc;
    this.driver = driver;
    this.device = device;
    available = base & 0xffff;
    used = available;
  }

  @Override
  Found next(Translations iotlb, Chain chain) {
    int published = iotlb.u16(driver + INDEX);
    if (published < 0) {
      return unmapped(iotlb);
    }
    if (published == available) {
      return Found.EMPTY;
    }
    if (strict && ((published - available) & 0xffff) > size) {
      return broken("avail index jumped");
    }
    int head = iotlb.u16(driver + ENTRIES + 2L * (available % size));
    if (head < 0) {
      return unmapped(iotlb);
    }
    if (head >= size) {
      return broken("head out of range");
    }
    available = (available + 1) & 0xffff;
    Found found = walk(iotlb, chain, head);
    if (strict && found == Found.BROKEN) {
      untake(chain);
    }
    return found;
  }

  /** Collects the chain from its head (__vringh_iov). */
  private Found walk(Translations iotlb, Chain chain, int head) {
    chain.clear();
    long table = desc;
    long limit = size;
    long index = head;
    boolean inIndirect = false;
    int resume = 0;
    long inTable = 0;
    long inMain = 0;
    while (true) {
      if (!iotlb.read(table + index * DESC_BYTES, descriptor, 0, DESC_BYTES)) {
        return unmapped(iotlb);
      }
      long length = Translations.u32(descriptor, 8) & 0xffffffffL;
      int flags = Translations.u16(descriptor, 12);
      int next = Translations.u16(descriptor, 14);
      if ((flags & DESC_F_INDIRECT) != 0) {
        String wrong = wrongIndirect(inIndirect, length, flags);
        if (wrong != null) {
          return broken(wrong);
        }
        resume = (flags & DESC_F_NEXT) != 0 ? next : 0;
        table = Translations.u64(descriptor, 0);
        limit = length / DESC_BYTES;
        index = 0;
        inIndirect = true;
        continue;
      }
      if (inIndirect) {
        inTable++;
      } else {
        inMain++;
      }
      boolean write = (flags & DESC_F_WRITE) != 0;
      if (inMain > size || (inIndirect && inTable > limit)) {
        return broken("loop");
      }
      if (!write && chain.anyWritable()) {
        return broken("readable after writable");
      }
      if (!chain.add(Translations.u64(descriptor, 0), length, write)) {
        return broken("loop");
      }
      if ((flags & DESC_F_NEXT) != 0) {
        index = next;
      } else if (resume > 0) {
        // The simulator goes on in the main table, where "next" was not 0.
        index = resume;
        resume = 0;
        table = desc;
        limit = size;
        inIndirect = false;
      } else {
        chain.close(head, 1);
        return Found.CHAIN;
      }
      if (index >= limit) {
        return broken("next out of range");
      }
    }
  }

  private @Nullable String wrongIndirect(boolean inIndirect, long length, int flags) {
    if (inIndirect) {
      return "nested indirect";
    }
    if (length % DESC_BYTES != 0 || (strict && length == 0)) {
      return "indirect length";
    }
    if (strict && !indirect) {
      return "indirect not negotiated";
    }
    if (strict && (flags & (DESC_F_NEXT | DESC_F_WRITE)) != 0) {
      return "indirect with other flags";
    }
    return null;
  }

  @Override
  void untake(Chain chain) {
    available = (available - 1) & 0xffff;
  }

  @Override
  boolean use(Translations iotlb, Chain chain, int written) {
    long entry = device + ENTRIES + (long) USED_ENTRY_BYTES * (used % size);
    int next = (used + 1) & 0xffff;
    if (!iotlb.twoU32(entry, chain.id(), written) || !iotlb.u16(device + INDEX, next)) {
      refused(iotlb);
      return false;
    }
    used = next;
    return true;
  }

  @Override
  Wanted interruptWanted(Translations iotlb, Chain chain) {
    if (!eventIndex) {
      int flags = iotlb.u16(driver);
      if (flags < 0) {
        return Wanted.REFUSED;
      }
      return (flags & AVAIL_F_NO_INTERRUPT) == 0 ? Wanted.YES : Wanted.NO;
    }
    int event = iotlb.u16(driver + ENTRIES + 2L * size);
    if (event < 0) {
      return Wanted.REFUSED;
    }
    return ((used - event - 1) & 0xffff) < 1 ? Wanted.YES : Wanted.NO;
  }

  @Override
  boolean wantKicks(Translations iotlb) {
    return !eventIndex || iotlb.u16(device + ENTRIES + (long) USED_ENTRY_BYTES * size, available);
  }

  @Override
  int base() {
    return available;
  }

  /** The used index stays where it is. */
  @Override
  void base(int position) {
    available = position & 0xffff;
  }

  @Override
  int used() {
    return used;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("available", available);
    out.number("used", used);
  }
}
