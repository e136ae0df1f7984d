@NullMarked
package io.virtrig.cli.trace;

import org.jspecify.annotations.NullMarked;
