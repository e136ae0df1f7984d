/** A page for people: what the daemon's hosts are, and what became of their last operations. */
@NullMarked
package io.virtrig.daemon.console;

import org.jspecify.annotations.NullMarked;
