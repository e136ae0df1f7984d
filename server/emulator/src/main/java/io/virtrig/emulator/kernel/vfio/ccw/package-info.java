/**
 * vfio-ccw: a subchannel for a program (drivers/s390/cio/vfio_ccw_*.c and cio.c, Linux 6.1; the RFC
 * v2 "vfio-ccw fixes for kernel stacktraces", April 2019, can be left out).
 *
 * <p>Invariants: outside of a request the state is never CP_PROCESSING; a channel program is there
 * only in CP_PENDING (without the fixes also afterwards), and every page that its commands move
 * bytes to or from is pinned as long as it is there.
 */
@NullMarked
package io.virtrig.emulator.kernel.vfio.ccw;

import org.jspecify.annotations.NullMarked;
