package io.virtrig.emulator.hardware.pci;

/**
 * A base address register of a function as the host has assigned it.
 *
 * @param index 0 to 5, or 6 for the expansion ROM
 * @param size bytes, a power of two
 * @param flags the kernel's resource flags (linux/ioport.h)
 */
public record Bar(int index, long size, int flags) {
  /** It decodes I/O ports. */
  public static final int IORESOURCE_IO = 0x100;

  /** It decodes memory. */
  public static final int IORESOURCE_MEM = 0x200;

  /** Reading has no side effects. */
  public static final int IORESOURCE_PREFETCH = 0x2000;

  /** It takes two registers. */
  public static final int IORESOURCE_MEM_64 = 0x100000;

  /** Whether it decodes memory. */
  public boolean memory() {
    return (flags & IORESOURCE_MEM) != 0;
  }

  /** Whether it takes the next register too. */
  public boolean wide() {
    return (flags & IORESOURCE_MEM_64) != 0;
  }

  /** The bits of its register that say what it is. */
  public int typeBits() {
    if (!memory()) {
      return PciRegs.PCI_BASE_ADDRESS_SPACE_IO;
    }
    return (flags & IORESOURCE_PREFETCH) != 0 || wide()
        ? ((flags & IORESOURCE_PREFETCH) != 0 ? PciRegs.PCI_BASE_ADDRESS_MEM_PREFETCH : 0)
            | (wide() ? PciRegs.PCI_BASE_ADDRESS_MEM_TYPE_64 : 0)
        : 0;
  }

  /** Where its register lies. */
  public int register() {
    return index == PciRegs.PCI_ROM_RESOURCE
        ? PciRegs.PCI_ROM_ADDRESS
        : PciRegs.PCI_BASE_ADDRESS_0 + 4 * index;
  }
}
