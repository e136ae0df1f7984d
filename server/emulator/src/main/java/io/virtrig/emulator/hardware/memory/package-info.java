/** Physical memory: frames in extents, contents in copy-on-write pages. */
@NullMarked
package io.virtrig.emulator.hardware.memory;

import org.jspecify.annotations.NullMarked;
