package io.virtrig.emulator.hardware.vdpa;

import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/** The device's end of a virtqueue that is ready. */
abstract sealed class Ring implements Stateful permits SplitRing, PackedRing {
  static final int DESC_F_NEXT = 1;
  static final int DESC_F_WRITE = 2;
  static final int DESC_F_INDIRECT = 4;
  static final int DESC_BYTES = 16;

  /** What {@link #next} found. */
  enum Found {
    CHAIN,
    EMPTY,
    BROKEN
  }

  /** What {@link #interruptWanted} found. */
  enum Wanted {
    YES,
    NO,
    REFUSED
  }

  final int size;
  private @Nullable String problem;

  Ring(int size) {
    this.size = size;
  }

  /** Takes the next chain that the driver has made available. */
  abstract Found next(Translations iotlb, Chain chain);

  /** Gives the chain taken last back: it is available again. */
  abstract void untake(Chain chain);

  /** Publishes a used chain; false when the ring cannot be written. */
  abstract boolean use(Translations iotlb, Chain chain, int written);

  /** Whether the driver wants an interrupt for the chain used last. */
  abstract Wanted interruptWanted(Translations iotlb, Chain chain);

  /** Tells the driver when to kick next, where it asked to be told; false when that is refused. */
  abstract boolean wantKicks(Translations iotlb);

  /** The device's position, as VHOST_GET_VRING_BASE gives it. */
  abstract int base();

  /** The used index, with its wrap counter in bit 15 where it has one. */
  abstract int used();

  /** Moves the device to a position. */
  abstract void base(int position);

  /** Why the ring is broken; null when it is not. */
  @Nullable String problem() {
    return problem;
  }

  final Found broken(String what) {
    problem = what;
    return Found.BROKEN;
  }

  final Found unmapped(Translations iotlb) {
    refused(iotlb);
    return Found.BROKEN;
  }

  /** The translations refused an access. */
  final void refused(Translations iotlb) {
    problem = "unmapped 0x" + Long.toHexString(iotlb.fault());
  }
}
