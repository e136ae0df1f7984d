/**
 * The Arm SMMUv3 with AArch64 tables of a 4 KiB granule: what it makes of a transaction, from the
 * structures in memory. A walk allocates nothing and always ends: it reads at most one descriptor a
 * level.
 */
@NullMarked
package io.virtrig.emulator.hardware.iommu.smmuv3;

import org.jspecify.annotations.NullMarked;
