package io.virtrig.emulator.hardware.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;

/**
 * How many bytes a capability has, where its number and contents tell; 0 for those that this table
 * does not know. vfio-pci hides what it does not know (pci_cap_length and pci_ext_cap_length in
 * vfio_pci_config.c).
 */
public final class CapabilityLengths {

  private CapabilityLengths() {}

  /** Of a conventional capability. */
  public static int conventional(ConfigSpace config, int id, int at) {
    return switch (id) {
      case PCI_CAP_ID_PM -> PCI_PM_SIZEOF;
      case PCI_CAP_ID_AGP -> PCI_CAP_AGP_SIZEOF;
      case PCI_CAP_ID_VPD -> PCI_CAP_VPD_SIZEOF;
      case PCI_CAP_ID_MSI -> msi(config.word(at + PCI_MSI_FLAGS));
      case PCI_CAP_ID_PCIX ->
          (config.word(at + PCI_X_CMD) & PCI_X_CMD_VERSION) != 0
              ? PCI_CAP_PCIX_SIZEOF_V2
              : PCI_CAP_PCIX_SIZEOF_V0;
      case PCI_CAP_ID_HT ->
          (config.byteAt(at + HT_TYPE) & HT_3BIT_CAP_MASK) != 0
              ? HT_CAP_SIZEOF_SHORT
              : HT_CAP_SIZEOF_LONG;
      case PCI_CAP_ID_VNDR -> config.byteAt(at + PCI_CAP_FLAGS);
      case PCI_CAP_ID_EXP ->
          (config.word(at + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_VERS) == 1
              ? PCI_CAP_EXP_ENDPOINT_SIZEOF_V1
              : PCI_CAP_EXP_ENDPOINT_SIZEOF_V2;
      case PCI_CAP_ID_MSIX -> PCI_CAP_MSIX_SIZEOF;
      case PCI_CAP_ID_SATA ->
          (config.byteAt(at + PCI_SATA_REGS) & PCI_SATA_REGS_MASK) == PCI_SATA_REGS_INLINE
              ? PCI_SATA_SIZEOF_LONG
              : PCI_SATA_SIZEOF_SHORT;
      case PCI_CAP_ID_AF -> PCI_CAP_AF_SIZEOF;
      default -> 0;
    };
  }

  private static int msi(int flags) {
    int length = 10;
    if ((flags & PCI_MSI_FLAGS_64BIT) != 0) {
      length += 4;
    }
    if ((flags & PCI_MSI_FLAGS_MASKBIT) != 0) {
      length += 10;
    }
    return length;
  }

  /** Of an extended capability. */
  public static int extended(ConfigSpace config, int id, int at) {
    return switch (id) {
      case PCI_EXT_CAP_ID_ERR -> PCI_ERR_ROOT_COMMAND;
      case PCI_EXT_CAP_ID_VC, PCI_EXT_CAP_ID_MFVC, PCI_EXT_CAP_ID_VC9 ->
          virtualChannels(config, at);
      case PCI_EXT_CAP_ID_DSN -> PCI_EXT_CAP_DSN_SIZEOF;
      case PCI_EXT_CAP_ID_PWR -> PCI_EXT_CAP_PWR_SIZEOF;
      case PCI_EXT_CAP_ID_VNDR -> config.dword(at + PCI_VNDR_HEADER) >>> PCI_VNDR_HEADER_LEN_SHIFT;
      case PCI_EXT_CAP_ID_ACS -> accessControl(config, at);
      case PCI_EXT_CAP_ID_ARI -> PCI_EXT_CAP_ARI_SIZEOF;
      case PCI_EXT_CAP_ID_ATS -> PCI_EXT_CAP_ATS_SIZEOF;
      case PCI_EXT_CAP_ID_SRIOV -> PCI_EXT_CAP_SRIOV_SIZEOF;
      case PCI_EXT_CAP_ID_MCAST -> PCI_EXT_CAP_MCAST_ENDPOINT_SIZEOF;
      case PCI_EXT_CAP_ID_PRI -> PCI_EXT_CAP_PRI_SIZEOF;
      case PCI_EXT_CAP_ID_REBAR ->
          4
              + 8
                  * ((config.byteAt(at + PCI_REBAR_CTRL) & PCI_REBAR_CTRL_NBAR_MASK)
                      >>> PCI_REBAR_CTRL_NBAR_SHIFT);
      case PCI_EXT_CAP_ID_DPA ->
          PCI_DPA_BASE_SIZEOF + (config.byteAt(at + PCI_DPA_CAP) & PCI_DPA_CAP_SUBSTATE_MASK) + 1;
      case PCI_EXT_CAP_ID_TPH -> processingHints(config.dword(at + PCI_TPH_CAP));
      case PCI_EXT_CAP_ID_LTR -> PCI_EXT_CAP_LTR_SIZEOF;
      default -> 0;
    };
  }

  private static int virtualChannels(ConfigSpace config, int at) {
    int channels = 1 + (config.dword(at + PCI_VC_PORT_CAP1) & PCI_VC_CAP1_EVCC);
    int arbitration = config.dword(at + PCI_VC_PORT_CAP2);
    int length = PCI_CAP_VC_BASE_SIZEOF + channels * PCI_CAP_VC_PER_VC_SIZEOF;
    int phases;
    if ((arbitration & PCI_VC_CAP2_128_PHASE) != 0) {
      phases = 128;
    } else if ((arbitration & PCI_VC_CAP2_64_PHASE) != 0) {
      phases = 64;
    } else if ((arbitration & PCI_VC_CAP2_32_PHASE) != 0) {
      phases = 32;
    } else {
      return length;
    }
    return ((length + 15) & ~15) + phases * 4 / 8;
  }

  private static int accessControl(ConfigSpace config, int at) {
    if ((config.byteAt(at + PCI_ACS_CAP) & PCI_ACS_EC) == 0) {
      return 8;
    }
    int bits = config.byteAt(at + PCI_ACS_EGRESS_BITS);
    return 8 + (bits == 0 ? 256 : (bits + 31) & ~31) / 8;
  }

  private static int processingHints(int capability) {
    if ((capability & PCI_TPH_CAP_LOC_MASK) != PCI_TPH_LOC_CAP) {
      return PCI_TPH_BASE_SIZEOF;
    }
    int entries = (capability & PCI_TPH_CAP_ST_MASK) >>> PCI_TPH_CAP_ST_SHIFT;
    return PCI_TPH_BASE_SIZEOF + 2 * entries + 2;
  }
}
