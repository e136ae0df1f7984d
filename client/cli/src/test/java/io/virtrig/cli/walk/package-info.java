@NullMarked
package io.virtrig.cli.walk;

import org.jspecify.annotations.NullMarked;
