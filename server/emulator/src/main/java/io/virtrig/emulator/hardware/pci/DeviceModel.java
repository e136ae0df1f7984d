package io.virtrig.emulator.hardware.pci;

import com.google.protobuf.ByteString;
import java.util.List;

/**
 * What a PCI function is, as data: taken from a real or emulated device, or made up.
 *
 * @param name the model's name; a few names stand for devices whose registers do something
 * @param config configuration space before any driver, 256 or 4096 bytes
 * @param bars the base address registers that the host has assigned, by index
 * @param registers what some registers of the BARs read after a reset; all others read 0
 */
public record DeviceModel(
    String name, ByteString config, List<Bar> bars, List<RegisterValue> registers) {

  /** Bytes of the largest BAR that has a place in the host's physical addresses. */
  private static final long LARGEST_BAR = 1L << 47;

  /**
   * The content of a register after a reset.
   *
   * @param bar which BAR
   * @param at the offset in it, bytes
   * @param bytes the content
   */
  public record RegisterValue(int bar, long at, ByteString bytes) {}

  /** Checks that a configuration space and its BARs can be simulated. */
  public DeviceModel {
    if (config.size() != PciRegs.PCI_CFG_SPACE_SIZE
        && config.size() != PciRegs.PCI_CFG_SPACE_EXP_SIZE) {
      throw new IllegalArgumentException(
          "model " + name + ": config has " + config.size() + " bytes, not 256 or 4096");
    }
    for (Bar bar : bars) {
      if (bar.index() < 0 || bar.index() > PciRegs.PCI_ROM_RESOURCE) {
        throw new IllegalArgumentException("model " + name + ": there is no BAR " + bar.index());
      }
      if (Long.bitCount(bar.size()) != 1 || bar.size() < 0 || bar.size() > LARGEST_BAR) {
        throw new IllegalArgumentException(
            "model " + name + ": the size of BAR " + bar.index() + " is no power of two to 2^47");
      }
    }
    try {
      WritableBits.of(new ConfigSpace(config.toByteArray()));
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          "model " + name + ": a capability leaves the configuration space", e);
    }
    bars = List.copyOf(bars);
    registers = List.copyOf(registers);
  }
}
