@NullMarked
package io.virtrig.graph;

import org.jspecify.annotations.NullMarked;
