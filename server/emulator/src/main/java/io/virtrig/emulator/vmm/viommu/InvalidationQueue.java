package io.virtrig.emulator.vmm.viommu;

import static io.virtrig.emulator.vmm.viommu.RegisterFile.*;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.translation.ViommuDescriptor;
import io.virtrig.emulator.vmm.GuestMemory;
import io.virtrig.v1.DecodeDescriptorResponse;

/**
 * The invalidation queue in the guest's memory (vtd_fetch_inv_desc). A descriptor that fails stops
 * it until the next write of IQT after FSTS.IQE was cleared.
 */
final class InvalidationQueue implements Stateful {
  private static final long BASE = -1L << 12;
  private static final long WIDE = 1L << 11;
  private static final long QS = 7;
  private static final int NARROW_SHIFT = 4;
  private static final int WIDE_SHIFT = 5;
  private static final int TAIL_MISALIGNED = 1 << 4;
  private static final int WAIT = 5;

  /** Does what descriptors ask for. */
  interface Executor {
    /** Anything but a wait. */
    void execute(DecodeDescriptorResponse descriptor);

    /** A wait's interrupt. */
    void completed();

    /** A wait that asks for both: an assertion of QEMU fails. */
    void abort();

    /** The queue has stopped. */
    void stopped();

    /** FSTS.IQE is set. */
    boolean inError();
  }

  private final GuestMemory memory;
  private final RegisterFile registers;
  private final Executor executor;
  private final long widthMask;
  private boolean enabled;
  private boolean wide;
  private long base;
  private long size;
  private long head;
  private long tail;
  private int lastType;

  InvalidationQueue(
      GuestMemory memory, RegisterFile registers, int addressWidth, Executor executor) {
    this.memory = memory;
    this.registers = registers;
    this.executor = executor;
    widthMask = (1L << addressWidth) - 1;
  }

  boolean enabled() {
    return enabled;
  }

  /** What reading IQA gives: the base in use. */
  long address() {
    return base | (registers.raw64(IQA) & QS);
  }

  /** IQA has been written. */
  void addressWritten(boolean scalableMode) {
    wide = scalableMode && (registers.raw64(IQA) & WIDE) != 0;
  }

  /** GCMD.QIE. Off is heeded only when nothing is left and the last descriptor was a wait. */
  boolean enable(boolean on) {
    if (on) {
      long iqa = registers.raw64(IQA);
      base = iqa & BASE & widthMask;
      size = 1L << ((iqa & QS) + (wide ? 7 : 8));
      enabled = true;
      return true;
    }
    if (head != tail || lastType != WAIT) {
      return false;
    }
    registers.set64(IQH, 0);
    head = 0;
    enabled = false;
    return true;
  }

  /** QIE has been switched on: Windows sets the tail before. */
  void enabledWithTail() {
    if (tail != 0 && !executor.inError()) {
      run();
    }
  }

  /** IQT has been written. */
  void tailWritten() {
    long written = registers.raw64(IQT);
    if (wide && (written & TAIL_MISALIGNED) != 0) {
      return;
    }
    tail = (written & 0x7fff0) >>> shift();
    if (enabled && !executor.inError()) {
      run();
    }
  }

  private int shift() {
    return wide ? WIDE_SHIFT : NARROW_SHIFT;
  }

  private void run() {
    if (tail >= size) {
      executor.stopped();
      return;
    }
    while (head != tail) {
      if (!one()) {
        executor.stopped();
        return;
      }
      head = head + 1 == size ? 0 : head + 1;
      registers.set64(IQH, head << shift());
    }
  }

  private boolean one() {
    long[] words = new long[4];
    long[] fetched = wide ? words : new long[2];
    if (!memory.read(base + (head << shift()), fetched)) {
      lastType = 0;
      return false;
    }
    System.arraycopy(fetched, 0, words, 0, fetched.length);
    lastType = (int) words[0] & 0xf;
    DecodeDescriptorResponse.Builder decoded = DecodeDescriptorResponse.newBuilder();
    ViommuDescriptor.decode(words, wide, ViommuOptions.MAMV, decoded);
    if (decoded.getUndefined()) {
      if (lastType == WAIT) {
        executor.abort();
      }
      return false;
    }
    if (decoded.hasError()) {
      return false;
    }
    if (lastType != WAIT) {
      executor.execute(decoded.build());
      return true;
    }
    if (decoded.getInterrupt()) {
      executor.completed();
      return true;
    }
    return memory.write32(
        decoded.getStatusWrite().getAddress(), decoded.getStatusWrite().getData());
  }

  void reset() {
    enabled = false;
    wide = false;
    base = 0;
    size = 0;
    head = 0;
    tail = 0;
    lastType = 0;
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("enabled", enabled);
    out.flag("wide", wide);
    out.hex("base", base);
    out.number("size", size);
    out.number("head", head);
    out.number("tail", tail);
    out.number("last_type", lastType);
  }
}
