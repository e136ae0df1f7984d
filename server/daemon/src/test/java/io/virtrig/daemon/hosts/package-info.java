/** Tests of the hosts of a daemon. */
@NullMarked
package io.virtrig.daemon.hosts;

import org.jspecify.annotations.NullMarked;
