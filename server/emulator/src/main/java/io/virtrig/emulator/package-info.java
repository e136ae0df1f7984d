/**
 * The pure core: a simulated host is a deterministic state machine. Operations go in, results and
 * events come out.
 */
@NullMarked
package io.virtrig.emulator;

import org.jspecify.annotations.NullMarked;
