package io.virtrig.emulator.hardware.iommu;

/**
 * A fault that a unit records: VT-d's fault record, the SMMU's event.
 *
 * @param request the access
 * @param name the fault's name: that of {@code VtdFault} or {@code SmmuEvent}
 * @param code its number in the record
 * @param fetchAddress where a structure could not be read; 0 for other faults
 * @param secondStage the stage that the host owns faulted
 */
public record RecordedFault(
    DmaRequest request, String name, int code, long fetchAddress, boolean secondStage) {}
