package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent.EventClass;

/** Stage 2: intermediate to physical addresses. */
interface Stage2 {
  /** Translates; {@link Descriptor#FAULTED} when that fails. */
  long translate(long input, boolean write, EventClass translating);

  /** Whether the address translated last may be read. */
  boolean readable();

  /** Whether it may be written. */
  boolean writable();

  /** Offset bits of the page translated last. */
  int pageShift();
}
