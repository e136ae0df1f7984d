package io.virtrig.emulator.spec;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.DeviceSpec;

/**
 * One PCI function of a host's specification, checked.
 *
 * @param name the name that operations use
 * @param bdf its address
 * @param group its IOMMU group; -1 for none
 * @param driver which driver is bound to it
 * @param spec all the rest, with defaults filled in
 */
public record DeviceConfiguration(String name, Bdf bdf, int group, Driver driver, DeviceSpec spec) {

  /** Which driver the host has bound to a function. */
  public enum Driver {
    /** vfio-pci: a program can have it. */
    VFIO_PCI("vfio-pci"),
    /** An ordinary driver that does DMA. */
    HOST("host"),
    /** No driver, or a stub. */
    NONE("none");

    private final String label;

    Driver(String label) {
      this.label = label;
    }

    /** The name in a host's specification. */
    public String label() {
      return label;
    }
  }

  static DeviceConfiguration of(String field, DeviceSpec given) {
    String kind = given.getKind().isEmpty() ? "pci" : given.getKind();
    switch (kind) {
      case "pci" -> {}
      default ->
          throw Refused.invalid(
              field + ".kind", "\"" + kind + "\" is none of [pci, mdev, vdpa, ccw]");
    }
    if (given.getBdf().isEmpty()) {
      throw Refused.invalid(field + ".bdf", "a PCI device needs its address");
    }
    Bdf bdf = Bdf.parse(field + ".bdf", given.getBdf());
    Driver driver =
        HostConfiguration.choice(
            field + ".driver", given.getDriver(), Driver.values(), Driver::label, Driver.VFIO_PCI);
    if (given.getMsi() > 32 || Integer.bitCount(given.getMsi()) > 1) {
      throw Refused.invalid(
          field + ".msi", given.getMsi() + " is not 0 or a power of two up to 32");
    }
    if (given.getMsix() < 0 || given.getMsix() > 2048) {
      throw Refused.invalid(
          field + ".msix", Integer.toUnsignedString(given.getMsix()) + " is more than 2048");
    }
    if (given.hasGroup() && given.getGroup() < 0) {
      throw Refused.invalid(
          field + ".group", Integer.toUnsignedString(given.getGroup()) + " is too large");
    }
    DeviceSpec full =
        given.toBuilder()
            .setKind(kind)
            .setName(given.getName().isEmpty() ? bdf.toString() : given.getName())
            .setDriver(driver.label())
            .setPasidBits(
                HostConfiguration.bits(
                    field + ".pasid_bits", given.hasPasidBits(), given.getPasidBits(), 1, 20, 20))
            .setPasidPriv(!given.hasPasidPriv() || given.getPasidPriv())
            .setAts(given.hasAts() ? given.getAts() : given.getPasid())
            .build();
    return new DeviceConfiguration(
        full.getName(), bdf, given.hasGroup() ? given.getGroup() : -1, driver, full);
  }
}
