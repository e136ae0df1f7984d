@NullMarked
package io.virtrig.cli;

import org.jspecify.annotations.NullMarked;
