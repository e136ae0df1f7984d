package io.virtrig.graph;

/**
 * An arrow of the picture.
 *
 * @param from the id of the node it leaves
 * @param to the id of the node it points to
 * @param relation what it says
 * @param label e.g. the descriptor, the vector or the GSI; may be empty
 */
public record Edge(String from, String to, Relation relation, String label) {}
