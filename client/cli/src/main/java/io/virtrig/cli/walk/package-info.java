/** Walks through translation tables, for people to read. */
@NullMarked
package io.virtrig.cli.walk;

import org.jspecify.annotations.NullMarked;
