package io.virtrig.emulator.hardware.pci;

/**
 * Layout of PCI configuration space: offsets and bits as in linux/pci_regs.h. Registers of a
 * capability count from its start.
 */
public final class PciRegs {
  /** Bytes of conventional and of PCI Express configuration space. */
  public static final int PCI_CFG_SPACE_SIZE = 256;

  public static final int PCI_CFG_SPACE_EXP_SIZE = 4096;
  public static final int PCI_STD_HEADER_SIZEOF = 64;

  public static final int PCI_VENDOR_ID = 0x00;
  public static final int PCI_DEVICE_ID = 0x02;
  public static final int PCI_COMMAND = 0x04;
  public static final int PCI_COMMAND_IO = 0x1;
  public static final int PCI_COMMAND_MEMORY = 0x2;
  public static final int PCI_COMMAND_MASTER = 0x4;
  public static final int PCI_COMMAND_SERR = 0x100;
  public static final int PCI_COMMAND_INTX_DISABLE = 0x400;
  public static final int PCI_STATUS = 0x06;
  public static final int PCI_STATUS_INTERRUPT = 0x08;
  public static final int PCI_STATUS_CAP_LIST = 0x10;
  public static final int PCI_CLASS_REVISION = 0x08;
  public static final int PCI_CLASS_DEVICE = 0x0a;
  public static final int PCI_CLASS_DISPLAY_VGA = 0x0300;
  public static final int PCI_CACHE_LINE_SIZE = 0x0c;
  public static final int PCI_LATENCY_TIMER = 0x0d;
  public static final int PCI_BIST = 0x0f;
  public static final int PCI_BASE_ADDRESS_0 = 0x10;
  public static final int PCI_BASE_ADDRESS_SPACE_IO = 0x1;
  public static final int PCI_BASE_ADDRESS_MEM_TYPE_64 = 0x4;
  public static final int PCI_BASE_ADDRESS_MEM_PREFETCH = 0x8;

  /** How many base address registers a function has, the expansion ROM's not counted. */
  public static final int PCI_STD_NUM_BARS = 6;

  /** The number of the expansion ROM among the base address registers. */
  public static final int PCI_ROM_RESOURCE = 6;

  public static final int PCI_SUBSYSTEM_VENDOR_ID = 0x2c;
  public static final int PCI_ROM_ADDRESS = 0x30;
  public static final int PCI_ROM_ADDRESS_ENABLE = 0x1;
  public static final int PCI_CAPABILITY_LIST = 0x34;
  public static final int PCI_INTERRUPT_LINE = 0x3c;
  public static final int PCI_INTERRUPT_PIN = 0x3d;

  public static final int PCI_CAP_LIST_ID = 0;
  public static final int PCI_CAP_LIST_NEXT = 1;
  public static final int PCI_CAP_FLAGS = 2;
  public static final int PCI_CAP_SIZEOF = 4;

  public static final int PCI_CAP_ID_PM = 0x01;
  public static final int PCI_CAP_ID_AGP = 0x02;
  public static final int PCI_CAP_ID_VPD = 0x03;
  public static final int PCI_CAP_ID_MSI = 0x05;
  public static final int PCI_CAP_ID_PCIX = 0x07;
  public static final int PCI_CAP_ID_HT = 0x08;
  public static final int PCI_CAP_ID_VNDR = 0x09;
  public static final int PCI_CAP_ID_EXP = 0x10;
  public static final int PCI_CAP_ID_MSIX = 0x11;
  public static final int PCI_CAP_ID_SATA = 0x12;
  public static final int PCI_CAP_ID_AF = 0x13;

  public static final int PCI_PM_PMC = 2;
  public static final int PCI_PM_CAP_D1 = 0x0200;
  public static final int PCI_PM_CAP_D2 = 0x0400;
  public static final int PCI_PM_CAP_PME_MASK = 0xf800;
  public static final int PCI_PM_CTRL = 4;
  public static final int PCI_PM_CTRL_STATE_MASK = 0x3;
  public static final int PCI_PM_CTRL_NO_SOFT_RESET = 0x8;
  public static final int PCI_PM_CTRL_PME_ENABLE = 0x100;
  public static final int PCI_PM_CTRL_DATA_SEL_MASK = 0x1e00;
  public static final int PCI_PM_CTRL_PME_STATUS = 0x8000;
  public static final int PCI_PM_SIZEOF = 8;

  public static final int PCI_CAP_AGP_SIZEOF = 12;

  public static final int PCI_VPD_ADDR = 2;
  public static final int PCI_VPD_DATA = 4;
  public static final int PCI_CAP_VPD_SIZEOF = 8;

  public static final int PCI_MSI_FLAGS = 2;
  public static final int PCI_MSI_FLAGS_ENABLE = 0x1;
  public static final int PCI_MSI_FLAGS_QMASK = 0xe;
  public static final int PCI_MSI_FLAGS_QSIZE = 0x70;
  public static final int PCI_MSI_FLAGS_64BIT = 0x80;
  public static final int PCI_MSI_FLAGS_MASKBIT = 0x100;
  public static final int PCI_MSI_ADDRESS_LO = 4;
  public static final int PCI_MSI_ADDRESS_HI = 8;
  public static final int PCI_MSI_DATA_32 = 8;
  public static final int PCI_MSI_MASK_32 = 12;
  public static final int PCI_MSI_PENDING_32 = 16;
  public static final int PCI_MSI_DATA_64 = 12;
  public static final int PCI_MSI_MASK_64 = 16;
  public static final int PCI_MSI_PENDING_64 = 20;

  public static final int PCI_MSIX_FLAGS = 2;
  public static final int PCI_MSIX_FLAGS_QSIZE = 0x7ff;
  public static final int PCI_MSIX_FLAGS_MASKALL = 0x4000;
  public static final int PCI_MSIX_FLAGS_ENABLE = 0x8000;
  public static final int PCI_MSIX_TABLE = 4;
  public static final int PCI_MSIX_PBA = 8;

  /** Of the table's and of the PBA's register: which BAR holds it; the rest is the offset. */
  public static final int PCI_MSIX_BIR = 0x7;

  public static final int PCI_CAP_MSIX_SIZEOF = 12;
  public static final int PCI_MSIX_ENTRY_SIZE = 16;
  public static final int PCI_MSIX_ENTRY_VECTOR_CTRL = 12;
  public static final int PCI_MSIX_ENTRY_CTRL_MASKBIT = 0x1;

  public static final int PCI_X_CMD = 2;
  public static final int PCI_X_CMD_VERSION = 0x3000;
  public static final int PCI_X_ECC_CSR = 8;
  public static final int PCI_CAP_PCIX_SIZEOF_V0 = 8;
  public static final int PCI_CAP_PCIX_SIZEOF_V2 = 24;

  /** HyperTransport: the byte with the type, and its bits for a type of three bits. */
  public static final int HT_TYPE = 3;

  public static final int HT_3BIT_CAP_MASK = 0xe0;
  public static final int HT_CAP_SIZEOF_LONG = 28;
  public static final int HT_CAP_SIZEOF_SHORT = 24;

  public static final int PCI_EXP_FLAGS = 2;
  public static final int PCI_EXP_FLAGS_VERS = 0x000f;
  public static final int PCI_EXP_DEVCAP = 4;
  public static final int PCI_EXP_DEVCAP_RBER = 0x8000;
  public static final int PCI_EXP_DEVCAP_FLR = 0x10000000;
  public static final int PCI_EXP_DEVCTL = 8;
  public static final int PCI_EXP_DEVCTL_ERRORS = 0x000f;
  public static final int PCI_EXP_DEVCTL_RELAX_EN = 0x0010;
  public static final int PCI_EXP_DEVCTL_PAYLOAD = 0x00e0;
  public static final int PCI_EXP_DEVCTL_PHANTOM = 0x0200;
  public static final int PCI_EXP_DEVCTL_NOSNOOP_EN = 0x0800;
  public static final int PCI_EXP_DEVCTL_READRQ = 0x7000;
  public static final int PCI_EXP_DEVCTL_BCR_FLR = 0x8000;
  public static final int PCI_EXP_LNKCAP = 12;
  public static final int PCI_EXP_LNKSTA = 18;
  public static final int PCI_EXP_DEVCAP2 = 36;
  public static final int PCI_EXP_DEVCTL2 = 40;
  public static final int PCI_EXP_DEVCTL2_COMP_TMOUT_DIS = 0x0010;
  public static final int PCI_EXP_DEVCTL2_ARI = 0x0020;
  public static final int PCI_CAP_EXP_ENDPOINT_SIZEOF_V1 = 20;
  public static final int PCI_CAP_EXP_ENDPOINT_SIZEOF_V2 = 60;

  public static final int PCI_SATA_REGS = 4;
  public static final int PCI_SATA_REGS_MASK = 0xf;
  public static final int PCI_SATA_REGS_INLINE = 0xf;
  public static final int PCI_SATA_SIZEOF_SHORT = 8;
  public static final int PCI_SATA_SIZEOF_LONG = 16;

  public static final int PCI_AF_CAP = 3;
  public static final int PCI_AF_CAP_TP = 0x01;
  public static final int PCI_AF_CAP_FLR = 0x02;
  public static final int PCI_AF_CTRL = 4;
  public static final int PCI_AF_CTRL_FLR = 0x01;
  public static final int PCI_CAP_AF_SIZEOF = 6;

  public static final int PCI_EXT_CAP_ID_MASK = 0xffff;
  public static final int PCI_EXT_CAP_NEXT_SHIFT = 20;
  public static final int PCI_EXT_CAP_NEXT_MASK = 0xffc;

  public static final int PCI_EXT_CAP_ID_ERR = 0x01;
  public static final int PCI_EXT_CAP_ID_VC = 0x02;
  public static final int PCI_EXT_CAP_ID_DSN = 0x03;
  public static final int PCI_EXT_CAP_ID_PWR = 0x04;
  public static final int PCI_EXT_CAP_ID_MFVC = 0x08;
  public static final int PCI_EXT_CAP_ID_VC9 = 0x09;
  public static final int PCI_EXT_CAP_ID_VNDR = 0x0b;
  public static final int PCI_EXT_CAP_ID_ACS = 0x0d;
  public static final int PCI_EXT_CAP_ID_ARI = 0x0e;
  public static final int PCI_EXT_CAP_ID_ATS = 0x0f;
  public static final int PCI_EXT_CAP_ID_SRIOV = 0x10;
  public static final int PCI_EXT_CAP_ID_MCAST = 0x12;
  public static final int PCI_EXT_CAP_ID_PRI = 0x13;
  public static final int PCI_EXT_CAP_ID_REBAR = 0x15;
  public static final int PCI_EXT_CAP_ID_DPA = 0x16;
  public static final int PCI_EXT_CAP_ID_TPH = 0x17;
  public static final int PCI_EXT_CAP_ID_LTR = 0x18;
  public static final int PCI_EXT_CAP_ID_PASID = 0x1b;

  public static final int PCI_ERR_UNCOR_STATUS = 0x04;
  public static final int PCI_ERR_UNCOR_MASK = 0x08;
  public static final int PCI_ERR_UNCOR_SEVER = 0x0c;

  /** Every uncorrectable error that the specification names. */
  public static final int PCI_ERR_UNC_ALL = 0x03fff030;

  public static final int PCI_ERR_COR_STATUS = 0x10;
  public static final int PCI_ERR_COR_MASK = 0x14;

  /** Every correctable error that the specification names. */
  public static final int PCI_ERR_COR_ALL = 0x0000f1c1;

  public static final int PCI_ERR_CAP = 0x18;
  public static final int PCI_ERR_CAP_ECRC_GENE = 0x40;
  public static final int PCI_ERR_CAP_ECRC_CHKE = 0x100;

  /** Where the registers of root ports begin: the end of an endpoint's. */
  public static final int PCI_ERR_ROOT_COMMAND = 0x2c;

  public static final int PCI_ERR_SIZEOF = 0x48;

  public static final int PCI_PWR_DATA = 8;
  public static final int PCI_EXT_CAP_PWR_SIZEOF = 16;
  public static final int PCI_EXT_CAP_DSN_SIZEOF = 12;

  public static final int PCI_VC_PORT_CAP1 = 4;
  public static final int PCI_VC_CAP1_EVCC = 0x7;
  public static final int PCI_VC_PORT_CAP2 = 8;
  public static final int PCI_VC_CAP2_32_PHASE = 0x2;
  public static final int PCI_VC_CAP2_64_PHASE = 0x4;
  public static final int PCI_VC_CAP2_128_PHASE = 0x8;
  public static final int PCI_CAP_VC_BASE_SIZEOF = 0x10;
  public static final int PCI_CAP_VC_PER_VC_SIZEOF = 0x0c;

  public static final int PCI_VNDR_HEADER = 4;
  public static final int PCI_VNDR_HEADER_LEN_SHIFT = 20;

  public static final int PCI_ACS_CAP = 4;
  public static final int PCI_ACS_EC = 0x20;
  public static final int PCI_ACS_EGRESS_BITS = 5;

  public static final int PCI_EXT_CAP_ARI_SIZEOF = 8;
  public static final int PCI_ATS_CTRL = 6;
  public static final int PCI_ATS_CTRL_MASK = 0x801f;
  public static final int PCI_EXT_CAP_ATS_SIZEOF = 8;
  public static final int PCI_EXT_CAP_SRIOV_SIZEOF = 64;
  public static final int PCI_EXT_CAP_MCAST_ENDPOINT_SIZEOF = 48;

  public static final int PCI_PRI_CTRL = 4;
  public static final int PCI_PRI_CTRL_MASK = 0x3;
  public static final int PCI_PRI_STATUS = 6;
  public static final int PCI_PRI_STATUS_STOPPED = 0x100;
  public static final int PCI_PRI_MAX_REQ = 8;
  public static final int PCI_PRI_ALLOC_REQ = 12;
  public static final int PCI_EXT_CAP_PRI_SIZEOF = 16;

  public static final int PCI_REBAR_CTRL = 8;
  public static final int PCI_REBAR_CTRL_NBAR_MASK = 0xe0;
  public static final int PCI_REBAR_CTRL_NBAR_SHIFT = 5;

  public static final int PCI_DPA_CAP = 4;
  public static final int PCI_DPA_CAP_SUBSTATE_MASK = 0x1f;
  public static final int PCI_DPA_BASE_SIZEOF = 16;

  public static final int PCI_TPH_CAP = 4;
  public static final int PCI_TPH_CAP_LOC_MASK = 0x600;
  public static final int PCI_TPH_LOC_CAP = 0x200;
  public static final int PCI_TPH_CAP_ST_MASK = 0x07ff0000;
  public static final int PCI_TPH_CAP_ST_SHIFT = 16;
  public static final int PCI_TPH_BASE_SIZEOF = 12;

  public static final int PCI_EXT_CAP_LTR_SIZEOF = 8;

  public static final int PCI_PASID_CAP = 4;
  public static final int PCI_PASID_CAP_EXEC = 0x02;
  public static final int PCI_PASID_CAP_PRIV = 0x04;
  public static final int PCI_PASID_CAP_WIDTH_SHIFT = 8;
  public static final int PCI_PASID_CTRL = 6;
  public static final int PCI_PASID_CTRL_ENABLE = 0x01;
  public static final int PCI_EXT_CAP_PASID_SIZEOF = 8;

  private PciRegs() {}
}
