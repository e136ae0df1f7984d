/**
 * A host drawn: who is connected to whom. One reader makes the graph from the state tree; each
 * writer draws the same graph in a notation of its own. Equal states are drawn equally.
 */
@NullMarked
package io.virtrig.graph;

import org.jspecify.annotations.NullMarked;
