package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * An entry of a host's PASID table, as the kernel writes it. The second level is one of the host's
 * domains.
 */
public sealed interface HostPasidEntry extends Stateful {

  /** The domain whose id the entry has. */
  IommuDomain domain();

  /** The entry's words, but for the pointer to the second level. */
  void fill(PasidEntry entry);

  /**
   * Second level only (intel_pasid_setup_second_level): requests without PASID, auxiliary domains.
   */
  record SecondLevelOnly(IommuDomain domain) implements HostPasidEntry {
    @Override
    public void fill(PasidEntry entry) {
      entry.set(PasidEntry.SECOND_LEVEL_ONLY, domain.id(), 0);
    }

    @Override
    public void writeState(StateWriter out) {
      out.text("type", "second-level");
    }
  }

  /**
   * A guest's first level over the domain (intel_pasid_setup_nested).
   *
   * @param firstLevel guest-physical address of the top table; bits 11:0 are not looked at
   * @param levels 4 or 5
   * @param supervisor SRE: privileged requests are let in
   * @param extendedAccessed EAFE: the extended accessed flag is set too
   * @param writeProtect WPE: privileged requests heed the write bit
   */
  record Nested(
      IommuDomain domain,
      long firstLevel,
      int levels,
      boolean supervisor,
      boolean extendedAccessed,
      boolean writeProtect)
      implements HostPasidEntry {
    @Override
    public void fill(PasidEntry entry) {
      long control =
          (supervisor ? PasidEntry.SRE : 0)
              | (extendedAccessed ? PasidEntry.EAFE : 0)
              | (writeProtect ? PasidEntry.WPE : 0)
              | ((long) (levels - 4) << PasidEntry.FLPM_SHIFT);
      entry.set(PasidEntry.NESTED, domain.id(), (firstLevel & PasidEntry.ADDRESS) | control);
    }

    @Override
    public void writeState(StateWriter out) {
      out.text("type", "nested");
      out.hex("first_level", firstLevel);
      out.number("levels", levels);
      out.flag("supervisor", supervisor);
      out.flag("extended_accessed", extendedAccessed);
      out.flag("write_protect", writeProtect);
    }
  }
}
