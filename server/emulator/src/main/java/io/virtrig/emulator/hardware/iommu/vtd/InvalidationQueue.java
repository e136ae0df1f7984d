package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.UnitMemory;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.Malformed;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.Wait;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * The invalidation queue: descriptors from head to tail, executed in order. An error stops it at
 * the bad descriptor until software clears FSTS.IQE.
 */
final class InvalidationQueue implements Stateful {
  /** IQERCD.IQEI that no descriptor has. */
  private static final int TAIL_INVALID = 1;

  private static final int FETCH_FAILED = 2;
  private static final int TAIL_MISALIGNED = 6;

  private static final long BASE = -1L << 12;
  private static final long WIDE = 1L << 11;
  private static final long QS = 7;
  private static final long OFFSET = 0x7fff0;
  private static final int NARROW_BYTES = 16;
  private static final int WIDE_BYTES = 32;

  /** Does what descriptors ask for. */
  interface Executor {
    /** Anything but a wait. */
    void execute(QueueDescriptor descriptor);

    /** A wait's interrupt. */
    void completed();

    /** The queue has stopped. */
    void stopped();

    /** Whether the translation table mode is scalable. */
    boolean scalable();
  }

  private final UnitMemory memory;
  private final int maximumAddressMask;
  private final Executor executor;
  private boolean enabled;
  private long address;
  private long head;
  private long tail;
  private int error;

  InvalidationQueue(UnitMemory memory, int maximumAddressMask, Executor executor) {
    this.memory = memory;
    this.maximumAddressMask = maximumAddressMask;
    this.executor = executor;
  }

  boolean enabled() {
    return enabled;
  }

  /** GCMD.QIE. Off is heeded only while the queue is empty. */
  void enable(boolean on) {
    if (!on && head != tail) {
      return;
    }
    enabled = on;
    if (on) {
      run();
    } else {
      head = 0;
      tail = 0;
    }
  }

  long address() {
    return address;
  }

  /** IQA, which is heeded only while the queue is off. */
  void address(long value) {
    if (!enabled) {
      address = value & (BASE | WIDE | QS);
      head = 0;
    }
  }

  long head() {
    return head;
  }

  long tail() {
    return tail;
  }

  /** IQT: there is more to do. */
  void tail(long value) {
    tail = value & OFFSET;
    if (enabled && error == 0) {
      run();
    }
  }

  /** IQERCD.IQEI; 0 while it has not stopped. */
  int error() {
    return error;
  }

  /** Software has cleared FSTS.IQE. */
  void clearError() {
    error = 0;
    if (enabled) {
      run();
    }
  }

  private boolean wide() {
    return (address & WIDE) != 0;
  }

  private long bytes() {
    return 1L << ((address & QS) + 12);
  }

  private void stop(int why) {
    error = why;
    executor.stopped();
  }

  private void run() {
    int size = wide() ? WIDE_BYTES : NARROW_BYTES;
    if (wide() && (tail & NARROW_BYTES) != 0) {
      tail &= ~(long) NARROW_BYTES;
      stop(TAIL_MISALIGNED);
      return;
    }
    if (tail >= bytes()) {
      stop(TAIL_INVALID);
      return;
    }
    while (head != tail) {
      long at = (address & BASE) + head;
      int failed = one(at);
      if (failed != 0) {
        stop(failed);
        return;
      }
      head = (head + size) & (bytes() - 1);
    }
  }

  /** Executes one; what went wrong, or 0. */
  private int one(long at) {
    if (!memory.holds(at) || !memory.holds(at + Long.BYTES)) {
      return FETCH_FAILED;
    }
    long q2 = 0;
    long q3 = 0;
    if (wide()) {
      if (!memory.holds(at + 2 * Long.BYTES) || !memory.holds(at + 3 * Long.BYTES)) {
        return FETCH_FAILED;
      }
      q2 = memory.word(at + 2 * Long.BYTES);
      q3 = memory.word(at + 3 * Long.BYTES);
    }
    QueueDecoder decoder = new QueueDecoder(wide(), executor.scalable(), maximumAddressMask);
    QueueDescriptor descriptor =
        decoder.decode(memory.word(at), memory.word(at + Long.BYTES), q2, q3);
    return switch (descriptor) {
      case Malformed malformed -> malformed.error().iqei();
      case Wait wait -> {
        if (wait.statusWrite() && !memory.store32(wait.address(), wait.data())) {
          yield FETCH_FAILED;
        }
        if (wait.interrupt()) {
          executor.completed();
        }
        yield 0;
      }
      default -> {
        executor.execute(descriptor);
        yield 0;
      }
    };
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("enabled", enabled);
    out.hex("address", address);
    out.hex("head", head);
    out.hex("tail", tail);
    out.number("error", error);
  }
}
