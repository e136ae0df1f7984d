/** The vfio-pci driver (drivers/vfio/pci of Linux 6.1). */
@NullMarked
package io.virtrig.emulator.kernel.vfio.pci;

import org.jspecify.annotations.NullMarked;
