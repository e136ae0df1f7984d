package io.virtrig.emulator.hardware.pci;

import io.virtrig.emulator.hardware.iommu.DmaRequest;

/**
 * What an access carries besides its address.
 *
 * @param pasid PASID; {@link DmaRequest#NO_PASID} for none
 * @param privileged it asks for the rights of a supervisor
 * @param ats it asks for a translation first and keeps it
 */
public record DmaAttributes(int pasid, boolean privileged, boolean ats) {
  /** An access without any of that. */
  public static final DmaAttributes PLAIN = new DmaAttributes(DmaRequest.NO_PASID, false, false);
}
