package io.virtrig.emulator.hardware.iommu;

/**
 * A device's access, before it is translated.
 *
 * @param source requester id (VT-d) or stream id (SMMU)
 * @param pasid PASID or substream id; {@link #NO_PASID} when the request has none
 * @param address the address the device asks for
 * @param write it writes; otherwise it reads
 * @param privileged it asks for the rights of a supervisor
 */
public record DmaRequest(int source, int pasid, long address, boolean write, boolean privileged) {
  /** The request carries no PASID. */
  public static final int NO_PASID = -1;

  /** Whether it carries a PASID. */
  public boolean hasPasid() {
    return pasid != NO_PASID;
  }
}
