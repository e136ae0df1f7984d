/**
 * QEMU's vfio-pci device as far as interrupts go: hw/vfio/pci.c with hw/pci/msi.c, hw/pci/msix.c
 * and the routes of accel/kvm/kvm-all.c, as of QEMU 5.1.
 */
@NullMarked
package io.virtrig.emulator.vmm.vfio;

import org.jspecify.annotations.NullMarked;
