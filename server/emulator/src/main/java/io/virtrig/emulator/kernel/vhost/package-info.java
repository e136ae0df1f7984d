/** vhost-vdpa: /dev/vhost-vdpa-N (drivers/vhost/vdpa.c, vhost.c and iotlb.c of Linux 6.1). */
@NullMarked
package io.virtrig.emulator.kernel.vhost;

import org.jspecify.annotations.NullMarked;
