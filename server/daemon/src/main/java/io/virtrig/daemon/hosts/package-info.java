/** The hosts of the daemon and the lock that guards each. */
@NullMarked
package io.virtrig.daemon.hosts;

import org.jspecify.annotations.NullMarked;
