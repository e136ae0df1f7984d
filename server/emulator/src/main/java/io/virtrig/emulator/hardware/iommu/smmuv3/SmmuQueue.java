package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * A circular queue: indices with one wrap bit above them. It is full when the indices are the same
 * and the wrap bits differ.
 */
final class SmmuQueue implements Stateful {
  private static final long ADDRESS = 0x000f_ffff_ffff_ffe0L;
  private static final int SIZE = 0x1f;
  private static final int MOST_BITS = 19;

  /** PROD: toggles when an entry is lost; CONS: acknowledged when they are the same. */
  private static final int OVERFLOW = 1 << 31;

  private final int entryBytes;
  private long base;
  private int prod;
  private int cons;

  SmmuQueue(int entryBytes) {
    this.entryBytes = entryBytes;
  }

  long base() {
    return base;
  }

  void base(long value) {
    base = value;
  }

  int prod() {
    return prod;
  }

  void prod(int value) {
    prod = value;
  }

  int cons() {
    return cons;
  }

  void cons(int value) {
    cons = value;
  }

  private int bits() {
    return Math.min((int) base & SIZE, MOST_BITS);
  }

  private int withWrap(int pointer) {
    return pointer & ((2 << bits()) - 1);
  }

  boolean isEmpty() {
    return withWrap(prod) == withWrap(cons);
  }

  boolean isFull() {
    return (withWrap(prod) ^ withWrap(cons)) == 1 << bits();
  }

  /** Where the next entry to consume lies. */
  long consAddress() {
    return address(cons);
  }

  /** Where the next entry to produce lies. */
  long prodAddress() {
    return address(prod);
  }

  private long address(int pointer) {
    return (base & ADDRESS) + (long) (pointer & ((1 << bits()) - 1)) * entryBytes;
  }

  void consumed() {
    cons = (cons & ~((2 << bits()) - 1)) | withWrap(cons + 1);
  }

  void produced() {
    prod = (prod & OVERFLOW) | withWrap(prod + 1);
  }

  /** An entry is lost: said once, until software has acknowledged it. */
  void overflow() {
    if (((prod ^ cons) & OVERFLOW) == 0) {
      prod ^= OVERFLOW;
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("base", base);
    out.hex("prod", Integer.toUnsignedLong(prod));
    out.hex("cons", Integer.toUnsignedLong(cons));
  }
}
