package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;

import io.virtrig.emulator.hardware.pci.Capabilities;
import io.virtrig.emulator.hardware.pci.CapabilityLengths;
import io.virtrig.emulator.hardware.pci.ConfigSpace;
import io.virtrig.emulator.spec.UapiProfile;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which capability each byte of a function's configuration space belongs to, and the virtual copy
 * from which hidden capabilities are taken out of the lists (vfio_cap_init and vfio_ecap_init).
 */
final class ConfigMap {

  /**
   * Bytes that are looked after alike.
   *
   * @param kind how
   * @param id the capability's number
   * @param start its offset
   * @param bits its permissions; null: read-only hardware
   */
  record Area(Kind kind, int id, int start, @Nullable PermBits bits) {}

  /** How an area is looked after. */
  enum Kind {
    BASIC,
    CONVENTIONAL,
    EXTENDED
  }

  private static final Area HEADER = new Area(Kind.BASIC, 0, 0, ConfigPermissions.BASIC);

  private final ConfigSpace hardware;
  private final ConfigSpace virtual;
  private final UapiProfile uapi;

  /** By first byte; null where nothing is. */
  private final TreeMap<Integer, @Nullable Area> areas = new TreeMap<>();

  private boolean extendedCaps;

  /**
   * Builds the map.
   *
   * @param hardware the function's own configuration space
   * @param virtual the copy, which is filled
   */
  ConfigMap(ConfigSpace hardware, ConfigSpace virtual, UapiProfile uapi) {
    this.hardware = hardware;
    this.virtual = virtual;
    this.uapi = uapi;
    own(HEADER, PCI_STD_HEADER_SIZEOF);
    conventional();
    if (extendedCaps) {
      extended();
    }
  }

  /** What a byte belongs to; null: nothing. */
  @Nullable Area at(int at) {
    Map.Entry<Integer, @Nullable Area> area = areas.floorEntry(at);
    return area == null ? null : area.getValue();
  }

  private void fill(int at, int length) {
    for (int i = at; i < at + length; i++) {
      virtual.set(i, 1, hardware.byteAt(i));
    }
  }

  private void own(Area area, int length) {
    int end = Math.min(area.start() + length, hardware.size());
    if (!areas.containsKey(end)) {
      areas.put(end, at(end));
    }
    areas.subMap(area.start(), end).clear();
    areas.put(area.start(), area);
    fill(area.start(), end - area.start());
  }

  private void conventional() {
    int previous = PCI_CAPABILITY_LIST;
    boolean any = false;
    for (Capabilities.Capability capability : Capabilities.conventional(hardware)) {
      int id = capability.id();
      int at = capability.at();
      int length = CapabilityLengths.conventional(hardware, id, at);
      if (length == 0) {
        virtual.set(previous, 1, hardware.byteAt(at + PCI_CAP_LIST_NEXT));
        continue;
      }
      boolean express =
          id == PCI_CAP_ID_EXP
              || (id == PCI_CAP_ID_PCIX
                  && (hardware.word(at + PCI_X_CMD) & PCI_X_CMD_VERSION) != 0);
      if (express && hardware.size() > PCI_CFG_SPACE_SIZE) {
        extendedCaps = hardware.dword(PCI_CFG_SPACE_SIZE) != 0;
      }
      PermBits bits =
          id == PCI_CAP_ID_MSI
              ? ConfigPermissions.msi(length, hardware.word(at + PCI_MSI_FLAGS))
              : ConfigPermissions.conventional(id);
      own(new Area(Kind.CONVENTIONAL, id, at, bits), length);
      if (id == PCI_CAP_ID_PM) {
        withoutPowerEvents(at);
      }
      previous = at + PCI_CAP_LIST_NEXT;
      any = true;
    }
    if (!any) {
      virtual.set(PCI_STATUS, 2, virtual.word(PCI_STATUS) & ~PCI_STATUS_CAP_LIST);
    }
  }

  /** The host keeps power management events for itself (vfio_update_pm_vconfig_bytes). */
  private void withoutPowerEvents(int at) {
    virtual.set(at + PCI_PM_PMC, 2, virtual.word(at + PCI_PM_PMC) & ~PCI_PM_CAP_PME_MASK);
    int events = PCI_PM_CTRL_PME_ENABLE | PCI_PM_CTRL_PME_STATUS;
    virtual.set(at + PCI_PM_CTRL, 2, virtual.word(at + PCI_PM_CTRL) & ~events);
  }

  private void extended() {
    int nextBits = PCI_EXT_CAP_NEXT_MASK << PCI_EXT_CAP_NEXT_SHIFT;
    int previous = 0;
    boolean any = false;
    for (Capabilities.Capability capability : Capabilities.extended(hardware)) {
      int id = capability.id();
      int at = capability.at();
      int length = length(id, at);
      if (length == 0 && previous != 0) {
        int next = hardware.dword(at) & nextBits;
        virtual.set(previous, 4, (virtual.dword(previous) & ~nextBits) | next);
        continue;
      }
      if (length == 0) {
        // The first one stays, without its name, as the anchor of the list.
        own(new Area(Kind.EXTENDED, 0, at, null), PCI_CAP_SIZEOF);
        virtual.set(at, 4, hardware.dword(at) & nextBits);
      } else {
        own(new Area(Kind.EXTENDED, id, at, ConfigPermissions.extended(id)), length);
        any = true;
      }
      previous = at;
    }
    if (!any) {
      virtual.set(PCI_CFG_SPACE_SIZE, 4, 0);
    }
  }

  /** 0 hides it. "vfio/pci: Expose PCIe PASID capability to guest" is part of the vSVA series. */
  private int length(int id, int at) {
    if (id == PCI_EXT_CAP_ID_PASID) {
      return uapi.vsva() ? PCI_EXT_CAP_PASID_SIZEOF : 0;
    }
    return CapabilityLengths.extended(hardware, id, at);
  }
}
