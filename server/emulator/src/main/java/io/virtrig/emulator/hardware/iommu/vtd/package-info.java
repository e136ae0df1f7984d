/**
 * Intel VT-d as its architecture describes it (revision 3): what the hardware makes of a request,
 * from the tables in memory. A walk allocates nothing and always ends: it reads at most one entry a
 * level, and there are at most five.
 */
@NullMarked
package io.virtrig.emulator.hardware.iommu.vtd;

import org.jspecify.annotations.NullMarked;
