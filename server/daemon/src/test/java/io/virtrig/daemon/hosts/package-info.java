@NullMarked
package io.virtrig.daemon.hosts;

import org.jspecify.annotations.NullMarked;
