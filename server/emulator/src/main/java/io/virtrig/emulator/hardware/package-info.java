/** The hardware of a host. Knows nothing of processes and file descriptors. */
@NullMarked
package io.virtrig.emulator.hardware;

import org.jspecify.annotations.NullMarked;
