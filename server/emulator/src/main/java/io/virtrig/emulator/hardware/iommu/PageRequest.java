package io.virtrig.emulator.hardware.iommu;

/**
 * A device asks for a page (PRI).
 *
 * @param access the access it has in mind
 * @param group page request group index, 9 bits
 * @param last it is the last of its group
 */
public record PageRequest(DmaRequest access, int group, boolean last) {}
