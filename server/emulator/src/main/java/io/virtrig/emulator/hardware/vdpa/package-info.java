/**
 * vDPA devices: what a vDPA parent driver and the virtio device below it do, as one
 * (drivers/vdpa/vdpa_sim, ifcvf and virtio_pci of Linux 6.1, drivers/vhost/vringh.c, and the virtio
 * specification 1.x). A kick runs the device until it has nothing more to do. Every address in a
 * ring is an I/O virtual address. A device knows nothing of file descriptors: whoever drives it
 * gives it callbacks and translations.
 */
@NullMarked
package io.virtrig.emulator.hardware.vdpa;

import org.jspecify.annotations.NullMarked;
