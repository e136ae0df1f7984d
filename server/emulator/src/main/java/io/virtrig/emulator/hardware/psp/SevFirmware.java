package io.virtrig.emulator.hardware.psp;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The firmware of an AMD machine's secure processor, as far as it launches SEV guests (SEV API
 * 0.24). It looks at platform and guest before a command's own fields. Contents are neither
 * encrypted nor measured cryptographically.
 */
public final class SevFirmware implements Stateful {
  public static final int SUCCESS = 0;
  public static final int INVALID_GUEST_STATE = 2;
  public static final int INVALID_LENGTH = 4;
  public static final int POLICY_FAILURE = 7;
  public static final int INVALID_ADDRESS = 9;
  public static final int ASID_OWNED = 12;
  public static final int INVALID_GUEST = 16;

  /** Bytes of a measurement and its nonce. */
  public static final int MEASUREMENT = 48;

  /** ASIDs that guests can have. */
  private static final int ASIDS = 509;

  /** Policy: debugging is forbidden. */
  private static final int NO_DEBUGGING = 1;

  private static final long MIX = 0x9e3779b97f4a7c15L;

  /** States of a guest, by the firmware's numbers. */
  public static final int INVALID = 0;

  public static final int LAUNCHING = 1;
  public static final int SECRET = 2;
  public static final int RUNNING = 3;

  /** A guest. */
  private static final class Guest implements Stateful {
    private final int policy;
    private int state = LAUNCHING;
    private long digest;

    Guest(int policy) {
      this.policy = policy;
    }

    @Override
    public void writeState(StateWriter out) {
      out.hex("policy", policy);
      out.number("state", state);
      out.hex("digest", digest);
    }
  }

  private final TreeMap<Integer, Guest> guests = new TreeMap<>();
  private int lastHandle;
  private int asids;

  /** Takes an ASID for a VM; false when none is free. */
  public boolean takeAsid() {
    if (asids == ASIDS) {
      return false;
    }
    asids++;
    return true;
  }

  /** Gives an ASID back. */
  public void freeAsid() {
    asids--;
  }

  /** Whether there is a guest of that handle. */
  public boolean known(int handle) {
    return guests.containsKey(handle);
  }

  /** LAUNCH_START: a new guest; its handle. */
  public int launchStart(int policy) {
    guests.put(++lastHandle, new Guest(policy));
    return lastHandle;
  }

  /** DECOMMISSION. */
  public void decommission(int handle) {
    guests.remove(handle);
  }

  private @Nullable Guest in(int handle, int state) {
    Guest guest = guests.get(handle);
    return guest != null && guest.state == state ? guest : null;
  }

  /** LAUNCH_UPDATE_DATA, of one physical range. */
  public int launchUpdateData(int handle, long address, int length) {
    Guest guest = in(handle, LAUNCHING);
    if (guest == null) {
      return INVALID_GUEST_STATE;
    }
    if ((address & 15) != 0) {
      return INVALID_ADDRESS;
    }
    if (length == 0 || (length & 15) != 0) {
      return INVALID_LENGTH;
    }
    guest.digest = Long.rotateLeft(guest.digest, 7) * MIX + length;
    return SUCCESS;
  }

  /**
   * LAUNCH_MEASURE.
   *
   * @param room bytes for the measurement
   * @param to where it goes
   */
  public int launchMeasure(int handle, int room, byte[] to) {
    Guest guest = in(handle, LAUNCHING);
    if (guest == null) {
      return INVALID_GUEST_STATE;
    }
    if (Integer.compareUnsigned(room, MEASUREMENT) < 0) {
      return INVALID_LENGTH;
    }
    for (int i = 0; i < MEASUREMENT; i++) {
      to[i] = (byte) (((guest.digest + 1 + i / Long.BYTES) * MIX) >>> (8 * (i % Long.BYTES)));
    }
    guest.state = SECRET;
    return SUCCESS;
  }

  /** LAUNCH_UPDATE_SECRET: whether the packet is authentic is not looked at. */
  public int launchSecret(int handle) {
    return in(handle, SECRET) == null ? INVALID_GUEST_STATE : SUCCESS;
  }

  /** LAUNCH_FINISH. */
  public int launchFinish(int handle) {
    Guest guest = in(handle, SECRET);
    if (guest == null) {
      return INVALID_GUEST_STATE;
    }
    guest.state = RUNNING;
    return SUCCESS;
  }

  /** DBG_DECRYPT and DBG_ENCRYPT. */
  public int debug(int handle) {
    return (policy(handle) & NO_DEBUGGING) != 0 ? POLICY_FAILURE : SUCCESS;
  }

  /** A guest's policy. */
  public int policy(int handle) {
    Guest guest = guests.get(handle);
    return guest == null ? 0 : guest.policy;
  }

  /** A guest's state; that of one unknown is INVALID. */
  public int state(int handle) {
    Guest guest = guests.get(handle);
    return guest == null ? INVALID : guest.state;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("last_handle", lastHandle);
    out.number("asids", asids);
    guests.forEach((handle, guest) -> out.child("guest", handle.toString(), guest));
  }
}
