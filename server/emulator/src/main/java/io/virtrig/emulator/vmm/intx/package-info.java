/**
 * kvmtool before and after the series "vfio-pci: Support INTx mode re-enabling" v4: vfio/pci.c and
 * vfio/core.c.
 */
@NullMarked
package io.virtrig.emulator.vmm.intx;

import org.jspecify.annotations.NullMarked;
