/**
 * The IRQ bypass manager (virt/lib/irqbypass.c of Linux 6.1, and the 2020 change "irqbypass: do not
 * start cons/prod when failed connect"): it joins the producer of an interrupt, a device's vector,
 * with its consumer, an irqfd, where both name the same eventfd.
 */
@NullMarked
package io.virtrig.emulator.kernel.irqbypass;

import org.jspecify.annotations.NullMarked;
