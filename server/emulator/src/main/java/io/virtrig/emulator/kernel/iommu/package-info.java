/**
 * The kernel's IOMMU layer (drivers/iommu): domains as their drivers keep them, and the user API of
 * two-stage translation.
 */
@NullMarked
package io.virtrig.emulator.kernel.iommu;

import org.jspecify.annotations.NullMarked;
