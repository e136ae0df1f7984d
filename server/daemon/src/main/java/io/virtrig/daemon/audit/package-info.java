/** Who did what to the daemon. */
@NullMarked
package io.virtrig.daemon.audit;

import org.jspecify.annotations.NullMarked;
