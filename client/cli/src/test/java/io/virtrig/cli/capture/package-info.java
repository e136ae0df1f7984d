@NullMarked
package io.virtrig.cli.capture;

import org.jspecify.annotations.NullMarked;
