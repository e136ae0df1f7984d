/** The secure processor of an AMD machine. */
@NullMarked
package io.virtrig.emulator.hardware.psp;

import org.jspecify.annotations.NullMarked;
