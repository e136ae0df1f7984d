package io.virtrig.graph;

import java.util.List;

/**
 * A box of the picture.
 *
 * @param id which one; unique in its graph
 * @param kind what it stands for
 * @param title its name for people
 * @param facts what is to be known of it, a line each
 */
public record Node(String id, Kind kind, String title, List<String> facts) {

  /** Copies the facts. */
  public Node {
    facts = List.copyOf(facts);
  }
}
