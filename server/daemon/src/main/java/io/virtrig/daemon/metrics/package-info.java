/** What the daemon counts, and where Prometheus reads it. */
@NullMarked
package io.virtrig.daemon.metrics;

import org.jspecify.annotations.NullMarked;
