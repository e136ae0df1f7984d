package io.virtrig.emulator.extent;

/** A run of addresses, as unsigned 64-bit numbers. */
public interface Extent {

  /** The first address. */
  long start();

  /** The last address, included, so that a run may end at the top of the 64-bit space. */
  long last();
}
