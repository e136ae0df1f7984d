/** The VT-d driver as far as programs drive it (drivers/iommu/intel of 5.8 to 5.12). */
@NullMarked
package io.virtrig.emulator.kernel.iommu.intel;

import org.jspecify.annotations.NullMarked;
