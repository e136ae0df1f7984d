/** The daemon: the process around the emulator. */
@NullMarked
package io.virtrig.daemon;

import org.jspecify.annotations.NullMarked;
