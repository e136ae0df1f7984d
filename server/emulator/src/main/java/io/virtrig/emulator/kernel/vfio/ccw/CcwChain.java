package io.virtrig.emulator.kernel.vfio.ccw;

import io.virtrig.emulator.hardware.css.Ccw;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** CCWs that follow one another in guest memory, and their copy in the host's (struct ccwchain). */
final class CcwChain {

  /** A CCW as the guest wrote it, in format 1. */
  record GuestCcw(int command, int flags, int count, int address) {
    boolean isTic() {
      return command == Ccw.TIC;
    }

    boolean isIndirect() {
      return (flags & Ccw.FLAG_IDA) != 0;
    }

    boolean chains() {
      return (flags & (Ccw.FLAG_CC | Ccw.FLAG_CD)) != 0;
    }

    /** ccw_does_data_transfer. */
    boolean transfersData() {
      if (count == 0 || command == Ccw.NOOP) {
        return false;
      }
      return (flags & Ccw.FLAG_SKIP) == 0 || !new Ccw(command, flags, 0, 0, List.of()).isInput();
    }
  }

  private final int guestHead;
  private final int hostHead;
  private final List<GuestCcw> guest;
  private final List<Ccw> host = new ArrayList<>();

  CcwChain(int guestHead, int hostHead, List<GuestCcw> guest) {
    this.guestHead = guestHead;
    this.hostHead = hostHead;
    this.guest = guest;
  }

  List<GuestCcw> guest() {
    return guest;
  }

  /** Appends the translation of the next CCW. */
  void translated(Ccw ccw) {
    host.add(ccw);
  }

  int hostHead() {
    return hostHead;
  }

  /** The host's address of a CCW by the guest's. */
  int toHost(int address) {
    return hostHead + (address - guestHead);
  }

  /** The guest's address of a CCW by the host's. */
  int toGuest(int address) {
    return guestHead + (address - hostHead);
  }

  /** Whether an address of the guest's is that of a CCW. */
  boolean holds(int address) {
    return within(address, guestHead, guest.size());
  }

  /** Whether an address of the host's is that of a CCW, or the one behind them. */
  boolean holdsHostOrEnd(int address) {
    return within(address, hostHead, guest.size() + 1);
  }

  /** The translated CCW at an address of the host's; null when it has none there. */
  @Nullable Ccw at(int address) {
    int offset = address - hostHead;
    boolean mine = within(address, hostHead, host.size()) && offset % Ccw.SIZE == 0;
    return mine ? host.get(offset / Ccw.SIZE) : null;
  }

  /** is_cpa_within_range: addresses are not looked at for alignment. */
  static boolean within(int address, int head, int length) {
    long tail = Integer.toUnsignedLong(head) + (length - 1L) * Ccw.SIZE;
    return length > 0
        && Integer.compareUnsigned(address, head) >= 0
        && Integer.toUnsignedLong(address) <= tail;
  }
}
