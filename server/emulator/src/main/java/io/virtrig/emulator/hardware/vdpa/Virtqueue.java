package io.virtrig.emulator.hardware.vdpa;

import io.virtrig.emulator.hardware.vdpa.Ring.Found;
import io.virtrig.emulator.hardware.vdpa.Ring.Wanted;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/** A virtqueue of a device: how it is set up, and its ring while it is ready. */
public final class Virtqueue implements Stateful {
  /** Entries until somebody says otherwise. */
  private static final int USUAL_SIZE = 256;

  /** Wrap counters start at 1. */
  static final int PACKED_START = 0x8000_8000;

  private final VdpaDevice device;
  private final int index;
  private final Chain chain = new Chain();
  private int size = USUAL_SIZE;
  private long desc;
  private long driver;
  private long deviceArea;
  private @Nullable Integer base;
  private @Nullable Ring ring;
  private @Nullable VdpaCallback callback;
  private @Nullable RemappingEntry remapping;

  Virtqueue(VdpaDevice device, int index) {
    this.device = device;
    this.index = index;
  }

  /** set_vq_num; seen when the queue becomes ready. */
  public void size(int entries) {
    size = entries;
  }

  /** set_vq_address; seen when the queue becomes ready. */
  public void address(long newDesc, long newDriver, long newDevice) {
    desc = newDesc;
    driver = newDriver;
    deviceArea = newDevice;
  }

  /** get_vq_state: the device's position, in the form of VHOST_GET_VRING_BASE. */
  public int base() {
    if (ring != null) {
      return ring.base();
    }
    return base == null ? start() : base;
  }

  private int start() {
    return device.packed() ? PACKED_START : 0;
  }

  /** set_vq_state. A running ring goes on from there. */
  public void base(int position) {
    base = position;
    if (ring != null) {
      ring.base(position);
    }
  }

  /** set_vq_ready. */
  public void ready(boolean ready) {
    if (ready && ring == null) {
      ring = newRing(base());
    } else if (!ready && ring != null) {
      base = ring.base();
      ring = null;
    }
  }

  /** Whether its ring may run. */
  public boolean ready() {
    return ring != null;
  }

  private Ring newRing(int position) {
    boolean indirect = device.negotiated(VdpaModel.INDIRECT_DESC);
    boolean eventIndex = device.negotiated(VdpaModel.EVENT_IDX);
    return device.packed()
        ? new PackedRing(indirect, eventIndex, size, desc, driver, position)
        : new SplitRing(
            device.model().strict(),
            indirect,
            eventIndex,
            size,
            desc,
            driver,
            deviceArea,
            position);
  }

  /** set_vq_cb: what the device's interrupt for the queue does; null: nothing. */
  public void callback(@Nullable VdpaCallback does) {
    callback = does;
  }

  @Nullable VdpaCallback callback() {
    return callback;
  }

  /** The remapping entry of the queue's interrupt; null: it goes to the host's handler. */
  public void remapping(@Nullable RemappingEntry entry) {
    remapping = entry;
  }

  @Nullable RemappingEntry remapping() {
    return remapping;
  }

  boolean belongsTo(VdpaDevice other) {
    return device.equals(other);
  }

  int index() {
    return index;
  }

  Chain chain() {
    return chain;
  }

  /** The ring of a queue that is ready. */
  Ring ring() {
    if (ring == null) {
      throw new IllegalStateException("queue " + index + " is not ready");
    }
    return ring;
  }

  /** Takes the next chain. A broken one breaks the device, unless it is the simulator. */
  Found next() {
    Found found = ring().next(device.iotlb(this), chain);
    if (found == Found.BROKEN) {
      device.broken(this, ring().problem());
    } else if (found == Found.CHAIN) {
      device.work(chain.work());
    }
    return found;
  }

  /** The request in the chain makes no sense: strictly, it breaks the ring and is not consumed. */
  void malformed(String problem) {
    ring().untake(chain);
    device.broken(this, problem);
  }

  /**
   * Publishes the chain and interrupts where the driver wants it.
   *
   * @return false when that broke the device
   */
  boolean complete(int written) {
    if (!use(written)) {
      return false;
    }
    Wanted wanted = ring().interruptWanted(device.iotlb(this), chain);
    if (wanted == Wanted.YES) {
      device.raise(index);
    } else if (wanted == Wanted.REFUSED && device.model().strict()) {
      ring().refused(device.iotlb(this));
      device.broken(this, ring().problem());
      return false;
    }
    return true;
  }

  /**
   * Publishes the chain. The simulator ignores a used ring that it cannot write.
   *
   * @return false when that broke the device
   */
  boolean use(int written) {
    if (ring().use(device.iotlb(this), chain, written) || !device.model().strict()) {
      return true;
    }
    malformed(String.valueOf(ring().problem()));
    return false;
  }

  /** The ring is empty: the driver is told when to kick next. */
  void drained() {
    if (!ring().wantKicks(device.iotlb(this)) && device.model().strict()) {
      ring().refused(device.iotlb(this));
      device.broken(this, ring().problem());
    }
  }

  /** What a reset of the device does to it. */
  void reset(boolean dropCallback) {
    size = USUAL_SIZE;
    address(0, 0, 0);
    base = null;
    ring = null;
    if (dropCallback) {
      callback = null;
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("size", size);
    out.hex("desc", desc);
    out.hex("driver", driver);
    out.hex("device", deviceArea);
    out.hex("base", Integer.toUnsignedLong(base()));
    out.flag("callback", callback != null);
    out.flag("remapping", remapping != null);
    if (ring != null) {
      out.child("ring", "", ring);
    }
  }
}
