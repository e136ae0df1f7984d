/** The simulated kernel. Its packages are named after the kernel's directories. */
@NullMarked
package io.virtrig.emulator.kernel;

import org.jspecify.annotations.NullMarked;
