/** How much of the daemon a tenant may take, and how much it has taken. */
@NullMarked
package io.virtrig.daemon.quota;

import org.jspecify.annotations.NullMarked;
