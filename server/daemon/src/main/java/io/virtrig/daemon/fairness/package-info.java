/** Who is served first when several want to be. */
@NullMarked
package io.virtrig.daemon.fairness;

import org.jspecify.annotations.NullMarked;
