/** I/O memory management units and their translations. */
@NullMarked
package io.virtrig.emulator.hardware.iommu;

import org.jspecify.annotations.NullMarked;
