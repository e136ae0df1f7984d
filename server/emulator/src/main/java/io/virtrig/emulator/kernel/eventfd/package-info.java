/** Eventfds (fs/eventfd.c of Linux 6.1). */
@NullMarked
package io.virtrig.emulator.kernel.eventfd;

import org.jspecify.annotations.NullMarked;
