package io.virtrig.emulator.kernel.kvm;

/** A device on one of a VM's I/O buses (struct kvm_io_device). */
interface KvmIoDevice {

  /**
   * A guest's write of up to 8 bytes.
   *
   * @param value the bytes as a little-endian number
   * @return false when the device does not take it
   */
  boolean write(long address, int length, long value);

  /**
   * A guest's read of up to 8 bytes.
   *
   * @param to where the bytes go
   * @param at the first one's place there
   * @return false when the device does not answer
   */
  default boolean read(long address, int length, byte[] to, int at) {
    return false;
  }
}
