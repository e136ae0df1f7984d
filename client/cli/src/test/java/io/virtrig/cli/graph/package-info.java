@NullMarked
package io.virtrig.cli.graph;

import org.jspecify.annotations.NullMarked;
