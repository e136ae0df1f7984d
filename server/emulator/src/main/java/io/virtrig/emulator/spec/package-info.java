/** A host's specification, checked. */
@NullMarked
package io.virtrig.emulator.spec;

import org.jspecify.annotations.NullMarked;
