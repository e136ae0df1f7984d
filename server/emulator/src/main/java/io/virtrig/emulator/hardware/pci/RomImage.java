package io.virtrig.emulator.hardware.pci;

/**
 * An expansion ROM: one image of 512 bytes with the header and PCI data structure that make it
 * valid (PCI Firmware Specification), and nothing to run.
 */
public final class RomImage {
  /** Bytes of the image: what the kernel's pci_get_rom_size finds. */
  public static final int SIZE = 512;

  private static final int SIGNATURE = 0xaa55;
  private static final int BLOCKS = 2;
  private static final int DATA_POINTER = 0x18;
  private static final int DATA = 0x1c;
  private static final int DATA_SIGNATURE = 0x52494350;
  private static final int DATA_VENDOR = 4;
  private static final int DATA_DEVICE = 6;
  private static final int DATA_LENGTH = 10;
  private static final int DATA_SIZE = 24;
  private static final int DATA_BLOCKS = 16;
  private static final int DATA_INDICATOR = 21;
  private static final int LAST_IMAGE = 0x80;

  private final ConfigSpace bytes = new ConfigSpace(SIZE);

  RomImage(ConfigSpace config) {
    bytes.set(0, 2, SIGNATURE);
    bytes.set(BLOCKS, 1, SIZE / 512);
    bytes.set(DATA_POINTER, 2, DATA);
    bytes.set(DATA, 4, DATA_SIGNATURE);
    bytes.set(DATA + DATA_VENDOR, 2, config.word(PciRegs.PCI_VENDOR_ID));
    bytes.set(DATA + DATA_DEVICE, 2, config.word(PciRegs.PCI_DEVICE_ID));
    bytes.set(DATA + DATA_LENGTH, 2, DATA_SIZE);
    bytes.set(DATA + DATA_BLOCKS, 2, SIZE / 512);
    bytes.set(DATA + DATA_INDICATOR, 1, LAST_IMAGE);
  }

  /** Reads 1, 2 or 4 bytes; zeros behind the image. */
  int read(long at, int size) {
    return at + size > SIZE ? 0 : bytes.get((int) at, size);
  }
}
