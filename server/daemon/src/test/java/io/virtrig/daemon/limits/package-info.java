/** The daemon's limits, held against clients that mean harm. */
@NullMarked
package io.virtrig.daemon.limits;

import org.jspecify.annotations.NullMarked;
