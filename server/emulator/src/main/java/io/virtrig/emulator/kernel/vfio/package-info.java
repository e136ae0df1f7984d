/**
 * VFIO containers, groups and the type1 IOMMU back end (drivers/vfio of Linux 6.1, and the series a
 * host names).
 */
@NullMarked
package io.virtrig.emulator.kernel.vfio;

import org.jspecify.annotations.NullMarked;
