/** Tests. */
@NullMarked
package io.virtrig.daemon.console;

import org.jspecify.annotations.NullMarked;
