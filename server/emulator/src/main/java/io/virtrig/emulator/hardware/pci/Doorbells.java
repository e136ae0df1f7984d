package io.virtrig.emulator.hardware.pci;

/**
 * The physical pages that devices write their messages to on Arm (the translation registers of
 * interrupt translation services). Each name is a page of its own.
 */
public final class Doorbells {
  /** Messages arrive without a look at the address. */
  public static final long DIRECT = 0;

  /** An address that leads nowhere. */
  public static final long POISONED = -1L;

  private static final String USUAL = "its0";
  private static final long SPACE = 1L << 61;
  private static final int PAGE_SHIFT = 12;
  private static final long PAGE_MASK = (1L << PAGE_SHIFT) - 1;

  /** GITS_TRANSLATER in its page. */
  private static final long REGISTER = 0x40;

  private Doorbells() {}

  /** The name of the doorbell that a function's messages go to. */
  public static String nameOf(PciFunction function) {
    String name = function.configuration().spec().getMsiDoorbell();
    return name.isEmpty() ? USUAL : name;
  }

  /** The physical address that a function's messages go to. */
  public static long of(PciFunction function) {
    String name = nameOf(function);
    int number = 0;
    for (PciFunction other : function.bus().functions()) {
      if (nameOf(other).equals(name)) {
        break;
      }
      number++;
    }
    return SPACE | (long) number << PAGE_SHIFT | REGISTER;
  }

  /** Whether a physical address is a doorbell's. */
  public static boolean isDoorbell(long physical) {
    return (physical & SPACE) != 0 && !PciBus.isDevice(physical);
  }

  /** The page of a doorbell's address. */
  public static long page(long address) {
    return address & ~PAGE_MASK;
  }

  /** Where in its page a doorbell's address lies. */
  public static long offset(long address) {
    return address & PAGE_MASK;
  }
}
