package io.virtrig.emulator.hardware.iommu;

/** Where a unit sends its messages: writes to the interrupt controller. */
@FunctionalInterface
public interface MessageSink {
  /** A message-signalled interrupt. */
  void message(long address, int data);
}
