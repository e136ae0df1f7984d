/** What happened on a host beyond what results say. */
@NullMarked
package io.virtrig.emulator.event;

import org.jspecify.annotations.NullMarked;
