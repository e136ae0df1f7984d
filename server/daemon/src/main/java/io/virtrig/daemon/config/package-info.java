/** How the daemon is told what to do: flags, environment, file. */
@NullMarked
package io.virtrig.daemon.config;

import org.jspecify.annotations.NullMarked;
