/** The walk over a host's state that gives its hash and its description. */
@NullMarked
package io.virtrig.emulator.state;

import org.jspecify.annotations.NullMarked;
