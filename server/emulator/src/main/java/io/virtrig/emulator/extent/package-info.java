/** Runs of addresses and maps of them. */
@NullMarked
package io.virtrig.emulator.extent;

import org.jspecify.annotations.NullMarked;
