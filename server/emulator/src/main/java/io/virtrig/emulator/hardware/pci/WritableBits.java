package io.virtrig.emulator.hardware.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;

/**
 * Which bits of its configuration space a function implements as writable. In the header and in
 * capabilities all that is not named here is read-only; bytes above the header that belong to no
 * capability are plain storage, as in the devices of QEMU, from which the models come.
 */
final class WritableBits {

  private WritableBits() {}

  static ConfigSpace of(ConfigSpace config) {
    ConfigSpace bits = new ConfigSpace(config.size());
    bits.fill(PCI_STD_HEADER_SIZEOF, config.size() - PCI_STD_HEADER_SIZEOF, 0xff);
    bits.set(
        PCI_COMMAND,
        2,
        PCI_COMMAND_IO
            | PCI_COMMAND_MEMORY
            | PCI_COMMAND_MASTER
            | PCI_COMMAND_SERR
            | PCI_COMMAND_INTX_DISABLE);
    bits.set(PCI_CACHE_LINE_SIZE, 1, 0xff);
    bits.set(PCI_INTERRUPT_LINE, 1, 0xff);
    for (Capabilities.Capability capability : Capabilities.conventional(config)) {
      conventional(bits, config, capability);
    }
    for (Capabilities.Capability capability : Capabilities.extended(config)) {
      extended(bits, config, capability);
    }
    return bits;
  }

  private static void conventional(
      ConfigSpace bits, ConfigSpace config, Capabilities.Capability capability) {
    int at = capability.at();
    int length = CapabilityLengths.conventional(config, capability.id(), at);
    bits.fill(at, within(bits, at, Math.max(length, 2)), 0);
    switch (capability.id()) {
      case PCI_CAP_ID_PM -> bits.set(at + PCI_PM_CTRL, 2, PCI_PM_CTRL_DATA_SEL_MASK);
      case PCI_CAP_ID_MSI -> {
        int flags = config.word(at + PCI_MSI_FLAGS);
        bits.set(at + PCI_MSI_FLAGS, 1, PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
        if ((flags & PCI_MSI_FLAGS_MASKBIT) != 0) {
          boolean wide = (flags & PCI_MSI_FLAGS_64BIT) != 0;
          bits.set(at + (wide ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32), 4, -1);
        }
      }
      case PCI_CAP_ID_MSIX ->
          bits.set(at + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
      case PCI_CAP_ID_EXP ->
          bits.set(at + PCI_EXP_DEVCTL, 2, PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_READRQ);
      default -> {}
    }
  }

  private static void extended(
      ConfigSpace bits, ConfigSpace config, Capabilities.Capability capability) {
    int at = capability.at();
    int length =
        switch (capability.id()) {
          case PCI_EXT_CAP_ID_ERR -> PCI_ERR_SIZEOF;
          case PCI_EXT_CAP_ID_PASID -> PCI_EXT_CAP_PASID_SIZEOF;
          default -> CapabilityLengths.extended(config, capability.id(), at);
        };
    bits.fill(at, within(bits, at, Math.max(length, PCI_CAP_SIZEOF)), 0);
    switch (capability.id()) {
      case PCI_EXT_CAP_ID_ERR -> {
        bits.set(at + PCI_ERR_UNCOR_SEVER, 4, PCI_ERR_UNC_ALL);
        bits.set(at + PCI_ERR_COR_MASK, 4, PCI_ERR_COR_ALL);
      }
      case PCI_EXT_CAP_ID_ATS -> bits.set(at + PCI_ATS_CTRL, 2, PCI_ATS_CTRL_MASK);
      case PCI_EXT_CAP_ID_PRI -> {
        bits.set(at + PCI_PRI_CTRL, 2, PCI_PRI_CTRL_MASK);
        bits.set(at + PCI_PRI_ALLOC_REQ, 4, -1);
      }
      case PCI_EXT_CAP_ID_PASID ->
          bits.set(
              at + PCI_PASID_CTRL,
              2,
              PCI_PASID_CTRL_ENABLE
                  | (config.word(at + PCI_PASID_CAP) & (PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV)));
      default -> {}
    }
  }

  private static int within(ConfigSpace bits, int at, int length) {
    return Math.min(length, bits.size() - at);
  }
}
