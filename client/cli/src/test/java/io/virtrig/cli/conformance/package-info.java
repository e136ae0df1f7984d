@NullMarked
package io.virtrig.cli.conformance;

import org.jspecify.annotations.NullMarked;
