/** Error numbers, and how the simulated kernel and the simulator refuse. */
@NullMarked
package io.virtrig.emulator.errno;

import org.jspecify.annotations.NullMarked;
