/** PASID numbers, their sets and quotas (drivers/iommu/ioasid.c and the vSVA series on top). */
@NullMarked
package io.virtrig.emulator.kernel.ioasid;

import org.jspecify.annotations.NullMarked;
