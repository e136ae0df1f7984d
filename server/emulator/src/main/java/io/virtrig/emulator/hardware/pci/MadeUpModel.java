package io.virtrig.emulator.hardware.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.spec.DeviceConfiguration;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.ExtendedCapabilitySpec;
import java.util.ArrayList;
import java.util.List;

/**
 * A PCI Express endpoint made up from what a specification says of its interrupts and extended
 * capabilities: registers in BAR 0, the MSI-X structures in BAR 1, memory in BAR 4.
 */
final class MadeUpModel {
  private static final int VENDOR = 0x1234;
  private static final int DEVICE = 0x1ef1;

  /** A class of its own (PCI_CLASS_OTHERS), revision 1. */
  private static final int CLASS_REVISION = 0xff000001;

  private static final int PM = 0x40;
  private static final int PM_VERSION = 3;
  private static final int EXP = 0x50;
  private static final int EXP_VERSION = 2;

  /** 2.5 GT/s, one lane. */
  private static final int LINK = 0x11;

  private static final int MSI = 0x90;
  private static final int MSIX = 0xa8;
  private static final int AER = 0x100;
  private static final int ATS = 0x148;
  private static final int PRI = 0x150;
  private static final int PASID = 0x160;
  private static final int OUTSTANDING_PAGE_REQUESTS = 32;

  private static final int REGISTERS_BAR = 0;
  private static final int MSIX_BAR = 1;
  private static final int MEMORY_BAR = 4;
  private static final long REGISTERS_SIZE = 0x4000;
  private static final long MEMORY_SIZE = 0x10000;

  /** Where the host puts BARs below and above 4 GiB, and the room that each function gets. */
  private static final long LOW_WINDOW = 0xc0000000L;

  private static final long LOW_ROOM = 0x40000;
  private static final long HIGH_WINDOW = 0x8000000000L;

  private final String field;
  private final DeviceSpec spec;
  private final ConfigSpace config = new ConfigSpace(PCI_CFG_SPACE_EXP_SIZE);
  private int last = PCI_CAPABILITY_LIST - PCI_CAP_LIST_NEXT;

  private MadeUpModel(DeviceConfiguration device, int number) {
    field = "spec.devices[" + number + "]";
    spec = device.spec();
  }

  /**
   * Makes one up.
   *
   * @param number how many functions the host has before it
   */
  static DeviceModel of(DeviceConfiguration device, int number) {
    return new MadeUpModel(device, number).build(number);
  }

  private DeviceModel build(int number) {
    List<Bar> bars = new ArrayList<>();
    config.set(PCI_VENDOR_ID, 2, VENDOR);
    config.set(PCI_DEVICE_ID, 2, DEVICE);
    config.set(PCI_CLASS_REVISION, 4, CLASS_REVISION);
    config.set(PCI_SUBSYSTEM_VENDOR_ID, 2, VENDOR);
    config.set(PCI_INTERRUPT_PIN, 1, spec.getIntx() ? 1 : 0);
    config.set(PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
    powerManagement();
    express();
    if (spec.getMsi() > 0) {
      link(MSI, PCI_CAP_ID_MSI);
      int log = Integer.numberOfTrailingZeros(spec.getMsi());
      config.set(MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT | log << 1);
    }
    long low = LOW_WINDOW + number * LOW_ROOM;
    add(bars, new Bar(REGISTERS_BAR, REGISTERS_SIZE, Bar.IORESOURCE_MEM), low);
    if (spec.getMsix() > 0) {
      int half = Math.max(0x800, Integer.highestOneBit(16 * spec.getMsix() * 2 - 1));
      link(MSIX, PCI_CAP_ID_MSIX);
      config.set(MSIX + PCI_MSIX_FLAGS, 2, spec.getMsix() - 1);
      config.set(MSIX + PCI_MSIX_TABLE, 4, MSIX_BAR);
      config.set(MSIX + PCI_MSIX_PBA, 4, half | MSIX_BAR);
      Bar bar = new Bar(MSIX_BAR, 2L * half, Bar.IORESOURCE_MEM);
      add(bars, bar, low + Math.max(REGISTERS_SIZE, bar.size()));
    }
    int memory = Bar.IORESOURCE_MEM | Bar.IORESOURCE_MEM_64 | Bar.IORESOURCE_PREFETCH;
    add(bars, new Bar(MEMORY_BAR, MEMORY_SIZE, memory), HIGH_WINDOW + number * MEMORY_SIZE);
    extended();
    byte[] bytes = new byte[config.size()];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) config.byteAt(i);
    }
    return new DeviceModel("", ByteString.copyFrom(bytes), bars, List.of());
  }

  private void add(List<Bar> bars, Bar bar, long address) {
    bars.add(bar);
    config.set(bar.register(), 4, (int) address | bar.typeBits());
    if (bar.wide()) {
      config.set(bar.register() + 4, 4, (int) (address >>> 32));
    }
  }

  private void link(int at, int id) {
    config.set(last + PCI_CAP_LIST_NEXT, 1, at);
    config.set(at + PCI_CAP_LIST_ID, 1, id);
    last = at;
  }

  private void powerManagement() {
    link(PM, PCI_CAP_ID_PM);
    config.set(PM + PCI_PM_PMC, 2, PM_VERSION);
    config.set(PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_NO_SOFT_RESET);
  }

  private void express() {
    link(EXP, PCI_CAP_ID_EXP);
    config.set(EXP + PCI_EXP_FLAGS, 2, EXP_VERSION);
    config.set(EXP + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR);
    config.set(EXP + PCI_EXP_LNKCAP, 4, LINK);
    config.set(EXP + PCI_EXP_LNKSTA, 2, LINK);
  }

  private void extended() {
    List<ExtendedCapabilitySpec> wanted = new ArrayList<>(spec.getExtCapsList());
    if (wanted.isEmpty()) {
      wanted.add(at(PCI_EXT_CAP_ID_ERR, AER));
      if (spec.getAts()) {
        wanted.add(at(PCI_EXT_CAP_ID_ATS, ATS));
      }
      if (spec.getPri()) {
        wanted.add(at(PCI_EXT_CAP_ID_PRI, PRI));
      }
      if (spec.getPasid()) {
        wanted.add(at(PCI_EXT_CAP_ID_PASID, PASID));
      }
    }
    for (int i = 0; i < wanted.size(); i++) {
      int at = wanted.get(i).getAt();
      requirePlace(i, wanted.get(i));
      int next = i + 1 < wanted.size() ? wanted.get(i + 1).getAt() : 0;
      config.set(at, 4, next << PCI_EXT_CAP_NEXT_SHIFT | 1 << 16 | wanted.get(i).getId());
      content(wanted.get(i).getId(), at);
    }
  }

  private static ExtendedCapabilitySpec at(int id, int at) {
    return ExtendedCapabilitySpec.newBuilder().setId(id).setAt(at).build();
  }

  private void requirePlace(int i, ExtendedCapabilitySpec wanted) {
    int at = wanted.getAt();
    String where = field + ".ext_caps[" + i + "]";
    int last = PCI_CFG_SPACE_EXP_SIZE - PCI_ERR_SIZEOF;
    if (i == 0 ? at != PCI_CFG_SPACE_SIZE : at <= PCI_CFG_SPACE_SIZE || at > last) {
      throw Refused.invalid(
          where + ".at",
          "0x"
              + Integer.toHexString(at)
              + ": the first is at 0x100, the others up to 0x"
              + Integer.toHexString(last));
    }
    if ((at & 3) != 0) {
      throw Refused.invalid(where + ".at", "0x" + Integer.toHexString(at) + " is no multiple of 4");
    }
    if (wanted.getId() < 1 || wanted.getId() > PCI_EXT_CAP_ID_MASK) {
      throw Refused.invalid(where + ".id", "an extended capability's id is from 1 to 0xffff");
    }
    if (config.dword(at) != 0) {
      throw Refused.invalid(
          where + ".at", "0x" + Integer.toHexString(at) + " lies in another capability");
    }
  }

  private void content(int id, int at) {
    switch (id) {
      case PCI_EXT_CAP_ID_PASID ->
          config.set(
              at + PCI_PASID_CAP,
              2,
              (spec.getPasidExec() ? PCI_PASID_CAP_EXEC : 0)
                  | (spec.getPasidPriv() ? PCI_PASID_CAP_PRIV : 0)
                  | spec.getPasidBits() << PCI_PASID_CAP_WIDTH_SHIFT);
      case PCI_EXT_CAP_ID_PRI -> {
        config.set(at + PCI_PRI_STATUS, 2, PCI_PRI_STATUS_STOPPED);
        config.set(at + PCI_PRI_MAX_REQ, 4, OUTSTANDING_PAGE_REQUESTS);
      }
      default -> {}
    }
  }
}
