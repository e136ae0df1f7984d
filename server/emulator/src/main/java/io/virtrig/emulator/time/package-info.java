/** A host's virtual time: what happens on it costs time by a model, and nothing else does. */
@NullMarked
package io.virtrig.emulator.time;

import org.jspecify.annotations.NullMarked;
