package io.virtrig.emulator.hardware.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;

import java.util.ArrayList;
import java.util.List;

/** The capabilities that a configuration space lists. */
public final class Capabilities {

  /**
   * One capability.
   *
   * @param id its number
   * @param at its offset
   */
  public record Capability(int id, int at) {}

  private Capabilities() {}

  /** The conventional capabilities, in the order of their list. */
  public static List<Capability> conventional(ConfigSpace config) {
    List<Capability> found = new ArrayList<>();
    if ((config.word(PCI_STATUS) & PCI_STATUS_CAP_LIST) == 0) {
      return found;
    }
    int most = (PCI_CFG_SPACE_SIZE - PCI_STD_HEADER_SIZEOF) / PCI_CAP_SIZEOF;
    int at = config.byteAt(PCI_CAPABILITY_LIST) & ~3;
    while (at >= PCI_STD_HEADER_SIZEOF && found.size() < most) {
      found.add(new Capability(config.byteAt(at), at));
      at = config.byteAt(at + PCI_CAP_LIST_NEXT) & ~3;
    }
    return found;
  }

  /** The extended capabilities, in the order of their list. */
  public static List<Capability> extended(ConfigSpace config) {
    List<Capability> found = new ArrayList<>();
    int most = (config.size() - PCI_CFG_SPACE_SIZE) / PCI_CAP_SIZEOF;
    int at = PCI_CFG_SPACE_SIZE;
    while (found.size() < most && at >= PCI_CFG_SPACE_SIZE && config.dword(at) != 0) {
      int header = config.dword(at);
      found.add(new Capability(header & PCI_EXT_CAP_ID_MASK, at));
      at = next(header);
    }
    return found;
  }

  /** Where an extended capability's header says that the next one is. */
  public static int next(int header) {
    return (header >>> PCI_EXT_CAP_NEXT_SHIFT) & PCI_EXT_CAP_NEXT_MASK;
  }

  /** Where the first conventional capability of that number is; 0 when there is none. */
  public static int find(ConfigSpace config, int id) {
    for (Capability capability : conventional(config)) {
      if (capability.id() == id) {
        return capability.at();
      }
    }
    return 0;
  }
}
