package io.virtrig.emulator.spec;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.DeviceSpec;

/**
 * One mediated device of a host's specification, checked.
 *
 * @param name the name that operations use
 * @param parent the name of the PCI function it is a part of
 * @param group its IOMMU group; -1 for none
 * @param iommuBacked an auxiliary domain can translate its DMA
 * @param spec all the rest, with defaults filled in
 */
public record MdevConfiguration(
    String name, String parent, int group, boolean iommuBacked, DeviceSpec spec) {

  /** Checks a mediated device against its parent. */
  static MdevConfiguration of(String field, DeviceSpec given, DeviceConfiguration parent) {
    if (given.getName().isEmpty()) {
      throw Refused.invalid(field + ".name", "a mediated device needs a name");
    }
    if (given.hasGroup() && given.getGroup() < 0) {
      throw Refused.invalid(
          field + ".group", Integer.toUnsignedString(given.getGroup()) + " is too large");
    }
    boolean backed = given.hasIommuBacked() ? given.getIommuBacked() : parent.spec().getPasid();
    if (backed && !parent.spec().getPasid()) {
      throw Refused.invalid(
          field + ".iommu_backed", "\"" + parent.name() + "\" has no PASID capability");
    }
    DeviceSpec full = given.toBuilder().setKind("mdev").setIommuBacked(backed).build();
    return new MdevConfiguration(
        given.getName(), parent.name(), given.hasGroup() ? given.getGroup() : -1, backed, full);
  }
}
