/** Tests of who is served first. */
@NullMarked
package io.virtrig.daemon.fairness;

import org.jspecify.annotations.NullMarked;
