package io.virtrig.emulator.kernel.vfio.ccw;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.css.Ccw;
import io.virtrig.emulator.hardware.css.ChannelProgram;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.kernel.vfio.EmulatedPins;
import io.virtrig.emulator.kernel.vfio.ccw.CcwChain.GuestCcw;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A guest's channel program, translated for the host (struct channel_program, vfio_ccw_cp.c). Its
 * CCWs are copied, their addresses translated, and the pages that they move bytes to or from pinned
 * until {@link #free}.
 */
final class CcwProgram implements ChannelProgram, Stateful {
  /** CCWCHAIN_LEN_MAX: the most CCWs of a chain. */
  static final int LONGEST = 256;

  /** The most chains of a program, as in 6.1.192. */
  static final int MOST_CHAINS = 16;

  /** Where the driver's memory for CCWs begins. */
  private static final int HOST_MEMORY = 0x10000;

  private static final int PAGE = PhysicalMemory.PAGE_SIZE;

  private final PhysicalMemory memory;
  private final EmulatedPins pins;
  private final GuestOrb orb;
  private final List<CcwChain> chains = new ArrayList<>();

  /** I/O virtual addresses, one for each pin. */
  private final List<Long> pinned = new ArrayList<>();

  private int nextHost = HOST_MEMORY;

  private CcwProgram(PhysicalMemory memory, EmulatedPins pins, GuestOrb orb) {
    this.memory = memory;
    this.pins = pins;
    this.orb = orb;
  }

  /**
   * cp_init and cp_prefetch. Whatever fails leaves nothing pinned.
   *
   * @throws KernelError EINVAL, EPERM for what is not mapped for DMA; EOPNOTSUPP for an IDA format
   *     that is not supported; EINVAL for a program that is too large; EFAULT for a TIC into
   *     nowhere
   */
  static CcwProgram of(PhysicalMemory memory, EmulatedPins pins, GuestOrb orb) {
    CcwProgram program = new CcwProgram(memory, pins, orb);
    program.build(orb.cpa());
    try {
      program.translate();
    } catch (KernelError e) {
      program.free();
      throw e;
    }
    return program;
  }

  /** The host's address of the first CCW. */
  int start() {
    return chains.getFirst().hostHead();
  }

  /** ccwchain_handle_ccw, depth first: a chain, and those that its TICs lead to. */
  private void build(int address) {
    byte[] copy = fetch(Integer.toUnsignedLong(address), LONGEST * Ccw.SIZE);
    List<GuestCcw> ccws = count(address, ByteBuffer.wrap(copy));
    if (chains.size() == MOST_CHAINS) {
      throw KernelError.invalid("the program has more than " + MOST_CHAINS + " chains");
    }
    CcwChain chain = new CcwChain(address, nextHost, ccws);
    nextHost += (ccws.size() + 2) * Ccw.SIZE;
    chains.add(chain);
    for (GuestCcw ccw : ccws) {
      if (ccw.isTic() && chainOf(ccw.address()) == null) {
        build(ccw.address());
      }
    }
  }

  /** ccwchain_calc_length, with the CCWs counted. */
  private List<GuestCcw> count(int address, ByteBuffer copy) {
    List<GuestCcw> ccws = new ArrayList<>();
    while (ccws.size() < LONGEST) {
      GuestCcw ccw = decode(copy);
      ccws.add(ccw);
      if (ccw.isIndirect() && !orb.indirectSupported()) {
        throw new KernelError(
            Errno.EOPNOTSUPP, "a CCW has IDA, and the ORB no 64-bit IDAWs of 4 KiB blocks");
      }
      boolean loops = ccw.isTic() && CcwChain.within(ccw.address(), address, ccws.size());
      if (!ccw.chains() && !loops) {
        return ccws;
      }
    }
    throw KernelError.invalid("a chain has more than " + LONGEST + " CCWs");
  }

  private GuestCcw decode(ByteBuffer in) {
    long raw = in.getLong();
    if (orb.format1()) {
      return new GuestCcw(
          (int) (raw >>> 56), (int) (raw >>> 48) & 0xff, (int) (raw >>> 32) & 0xffff, (int) raw);
    }
    int command = (int) (raw >>> 56);
    int address = (int) (raw >>> 32) & 0xffffff;
    if ((command & 0x0f) == Ccw.TIC) {
      return new GuestCcw(Ccw.TIC, 0, 0, address);
    }
    return new GuestCcw(command, (int) (raw >>> 24) & 0xff, (int) raw & 0xffff, address);
  }

  private @Nullable CcwChain chainOf(int address) {
    for (CcwChain chain : chains) {
      if (chain.holds(address)) {
        return chain;
      }
    }
    return null;
  }

  /** copy_from_iova: the pages are pinned only meanwhile. */
  private byte[] fetch(long iova, int length) {
    byte[] bytes = new byte[length];
    int done = 0;
    List<Long> held = new ArrayList<>();
    try {
      while (done < length) {
        long at = iova + done;
        int inPage = (int) at & (PAGE - 1);
        int piece = Math.min(length - done, PAGE - inPage);
        long page = pins.pin(at);
        held.add(at);
        memory.read(page + inPage, bytes, done, piece);
        done += piece;
      }
    } finally {
      held.forEach(pins::unpin);
    }
    return bytes;
  }

  /** cp_prefetch: ccwchain_fetch_one for each CCW. */
  private void translate() {
    for (CcwChain chain : chains) {
      for (GuestCcw ccw : chain.guest()) {
        chain.translated(ccw.isTic() ? transfer(ccw) : direct(ccw));
      }
    }
  }

  private Ccw transfer(GuestCcw ccw) {
    CcwChain target = chainOf(ccw.address());
    if (target == null) {
      throw KernelError.fault(
          "a TIC leads to 0x" + Integer.toHexString(ccw.address()) + ", where no chain is");
    }
    return new Ccw(Ccw.TIC, ccw.flags(), ccw.count(), target.toHost(ccw.address()), List.of());
  }

  /** ccwchain_fetch_ccw: what lies at an address, or at those of a list. */
  private Ccw direct(GuestCcw ccw) {
    int bytes = Math.max(1, ccw.count());
    long first = Integer.toUnsignedLong(ccw.address());
    long[] addresses;
    if (ccw.isIndirect()) {
      long list = first;
      first = ByteBuffer.wrap(fetch(list, Long.BYTES)).getLong();
      addresses = new long[blocks(first, bytes)];
      ByteBuffer.wrap(fetch(list, addresses.length * Long.BYTES)).asLongBuffer().get(addresses);
    } else {
      addresses = new long[blocks(first, bytes)];
      for (int i = 0; i < addresses.length; i++) {
        addresses[i] = i == 0 ? first : (first & -PAGE) + (long) i * PAGE;
      }
    }
    int flags = ccw.flags() | Ccw.FLAG_IDA;
    if (!ccw.transfersData()) {
      return new Ccw(ccw.command(), flags, ccw.count(), 0, List.of());
    }
    List<Ccw.Area> areas = new ArrayList<>(addresses.length);
    int left = bytes;
    for (int i = 0; i < addresses.length; i++) {
      int inPage = i == 0 ? (int) addresses[i] & (PAGE - 1) : 0;
      int piece = Math.min(left, PAGE - inPage);
      long page = pins.pin(addresses[i]);
      pinned.add(addresses[i]);
      areas.add(new Ccw.Area(page + inPage, piece));
      left -= piece;
    }
    return new Ccw(ccw.command(), flags, ccw.count(), 0, areas);
  }

  /** idal_nr_words: how many 4 KiB blocks are touched. */
  private static int blocks(long address, int bytes) {
    return (int) ((address & (PAGE - 1)) + bytes + PAGE - 1) / PAGE;
  }

  @Override
  public @Nullable Ccw at(int address) {
    for (CcwChain chain : chains) {
      Ccw ccw = chain.at(address);
      if (ccw != null) {
        return ccw;
      }
    }
    return null;
  }

  /** cp_update_scsw: the guest's address for the host's; others are left alone. */
  int guestAddress(int cpa) {
    for (CcwChain chain : chains) {
      if (chain.holdsHostOrEnd(cpa)) {
        return chain.toGuest(cpa);
      }
    }
    return cpa;
  }

  /** cp_iova_pinned. */
  boolean uses(long start, long last) {
    for (long iova : pinned) {
      long page = iova & -PAGE;
      if (Long.compareUnsigned(page, start) >= 0 && Long.compareUnsigned(page, last) <= 0) {
        return true;
      }
    }
    return false;
  }

  /** cp_free. */
  void free() {
    pinned.forEach(pins::unpin);
    pinned.clear();
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("chains", chains.size());
    out.number("pins", pinned.size());
    for (CcwChain chain : chains) {
      out.hex("chain", chain.toGuest(chain.hostHead()));
      out.number("ccws", chain.guest().size());
    }
  }
}
