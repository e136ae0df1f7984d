package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;
import static io.virtrig.emulator.kernel.vfio.pci.PermBits.ALL_VIRT;
import static io.virtrig.emulator.kernel.vfio.pci.PermBits.ALL_WRITE;
import static io.virtrig.emulator.kernel.vfio.pci.PermBits.NO_VIRT;
import static io.virtrig.emulator.kernel.vfio.pci.PermBits.NO_WRITE;

import org.jspecify.annotations.Nullable;

/**
 * The permission tables of the header and of the capabilities that have one (the init_pci_*_perm
 * functions of vfio_pci_config.c, Linux 6.1). A capability without a table is read from the
 * hardware, but for its list pointer, and writes to it are dropped.
 */
final class ConfigPermissions {

  static final PermBits BASIC =
      new PermBits(PCI_STD_HEADER_SIZEOF)
          .setWord(PCI_VENDOR_ID, ALL_VIRT, NO_WRITE)
          .setWord(PCI_DEVICE_ID, ALL_VIRT, NO_WRITE)
          .setWord(PCI_COMMAND, PCI_COMMAND_INTX_DISABLE, ALL_WRITE)
          .setWord(PCI_STATUS, PCI_STATUS_CAP_LIST, NO_WRITE)
          .setByte(PCI_CACHE_LINE_SIZE, NO_VIRT, ALL_WRITE)
          .setByte(PCI_LATENCY_TIMER, NO_VIRT, ALL_WRITE)
          .setByte(PCI_BIST, NO_VIRT, ALL_WRITE)
          .setDword(PCI_BASE_ADDRESS_0, ALL_VIRT, ALL_WRITE)
          .setDword(PCI_BASE_ADDRESS_0 + 4, ALL_VIRT, ALL_WRITE)
          .setDword(PCI_BASE_ADDRESS_0 + 8, ALL_VIRT, ALL_WRITE)
          .setDword(PCI_BASE_ADDRESS_0 + 12, ALL_VIRT, ALL_WRITE)
          .setDword(PCI_BASE_ADDRESS_0 + 16, ALL_VIRT, ALL_WRITE)
          .setDword(PCI_BASE_ADDRESS_0 + 20, ALL_VIRT, ALL_WRITE)
          .setDword(PCI_ROM_ADDRESS, ALL_VIRT, ALL_WRITE)
          .setByte(PCI_CAPABILITY_LIST, ALL_VIRT, NO_WRITE)
          .setByte(PCI_INTERRUPT_LINE, ALL_VIRT, ALL_WRITE)
          .setByte(PCI_INTERRUPT_PIN, ALL_VIRT, NO_WRITE);

  private static final PermBits PM =
      capability(PCI_PM_SIZEOF)
          .setWord(PCI_PM_PMC, PCI_PM_CAP_PME_MASK, NO_WRITE)
          .setDword(
              PCI_PM_CTRL,
              PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS,
              ~(PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS | PCI_PM_CTRL_STATE_MASK));

  private static final PermBits VPD =
      capability(PCI_CAP_VPD_SIZEOF)
          .setWord(PCI_VPD_ADDR, ALL_VIRT, ALL_WRITE)
          .setDword(PCI_VPD_DATA, ALL_VIRT, ALL_WRITE);

  private static final PermBits PCIX =
      capability(PCI_CAP_PCIX_SIZEOF_V2)
          .setWord(PCI_X_CMD, NO_VIRT, ALL_WRITE)
          .setDword(PCI_X_ECC_CSR, NO_VIRT, ALL_WRITE);

  // MPS stays as the system needs it, ARI and phantom functions as the host has set them up.
  private static final PermBits EXP =
      capability(PCI_CAP_EXP_ENDPOINT_SIZEOF_V2)
          .setWord(
              PCI_EXP_DEVCTL,
              PCI_EXP_DEVCTL_BCR_FLR | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_READRQ,
              ~PCI_EXP_DEVCTL_PHANTOM)
          .setWord(PCI_EXP_DEVCTL2, NO_VIRT, ~PCI_EXP_DEVCTL2_ARI);

  private static final PermBits AF =
      capability(PCI_CAP_AF_SIZEOF).setByte(PCI_AF_CTRL, PCI_AF_CTRL_FLR, PCI_AF_CTRL_FLR);

  private static final PermBits ERR =
      new PermBits(PCI_ERR_ROOT_COMMAND)
          .setDword(0, ALL_VIRT, NO_WRITE)
          .setDword(PCI_ERR_UNCOR_STATUS, NO_VIRT, PCI_ERR_UNC_ALL)
          .setDword(PCI_ERR_UNCOR_MASK, NO_VIRT, PCI_ERR_UNC_ALL)
          .setDword(PCI_ERR_UNCOR_SEVER, NO_VIRT, PCI_ERR_UNC_ALL)
          .setDword(PCI_ERR_COR_STATUS, NO_VIRT, PCI_ERR_COR_ALL)
          .setDword(PCI_ERR_COR_MASK, NO_VIRT, PCI_ERR_COR_ALL)
          .setDword(PCI_ERR_CAP, NO_VIRT, PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE);

  private static final PermBits PWR =
      new PermBits(PCI_EXT_CAP_PWR_SIZEOF)
          .setDword(0, ALL_VIRT, NO_WRITE)
          .setByte(PCI_PWR_DATA, NO_VIRT, ALL_WRITE);

  private ConfigPermissions() {}

  /** A capability whose list pointer is virtual. */
  private static PermBits capability(int size) {
    return new PermBits(size).setByte(PCI_CAP_LIST_NEXT, ALL_VIRT, NO_WRITE);
  }

  /** The table of a conventional capability other than MSI. */
  static @Nullable PermBits conventional(int id) {
    return switch (id) {
      case PCI_CAP_ID_PM -> PM;
      case PCI_CAP_ID_VPD -> VPD;
      case PCI_CAP_ID_PCIX -> PCIX;
      case PCI_CAP_ID_EXP -> EXP;
      case PCI_CAP_ID_AF -> AF;
      default -> null;
    };
  }

  /**
   * The table of an MSI capability. Its pending bits may be written for all that vfio-pci cares;
   * hardware does not take it.
   *
   * @param flags its control register
   */
  static PermBits msi(int length, int flags) {
    PermBits bits =
        capability(length)
            .setByte(PCI_MSI_FLAGS, ALL_VIRT, ALL_WRITE)
            .setDword(PCI_MSI_ADDRESS_LO, ALL_VIRT, ALL_WRITE);
    boolean wide = (flags & PCI_MSI_FLAGS_64BIT) != 0;
    if (wide) {
      bits.setDword(PCI_MSI_ADDRESS_HI, ALL_VIRT, ALL_WRITE);
    }
    bits.setWord(wide ? PCI_MSI_DATA_64 : PCI_MSI_DATA_32, ALL_VIRT, ALL_WRITE);
    if ((flags & PCI_MSI_FLAGS_MASKBIT) != 0) {
      bits.setDword(wide ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32, NO_VIRT, ALL_WRITE)
          .setDword(wide ? PCI_MSI_PENDING_64 : PCI_MSI_PENDING_32, NO_VIRT, ALL_WRITE);
    }
    return bits;
  }

  /** The table of an extended capability. */
  static @Nullable PermBits extended(int id) {
    return switch (id) {
      case PCI_EXT_CAP_ID_ERR -> ERR;
      case PCI_EXT_CAP_ID_PWR -> PWR;
      default -> null;
    };
  }
}
