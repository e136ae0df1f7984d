/** The SMMUv3 driver as far as programs drive it (arm-smmu-v3.c with the nested series v7). */
@NullMarked
package io.virtrig.emulator.kernel.iommu.arm;

import org.jspecify.annotations.NullMarked;
