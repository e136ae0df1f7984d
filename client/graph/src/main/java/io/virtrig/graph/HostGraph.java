package io.virtrig.graph;

import io.virtrig.v1.DescribeHostResponse;
import java.util.List;

/**
 * A host as nodes and edges, in the order of its state tree.
 *
 * @param title the host's name
 * @param subtitle the machine and the kernel in a line
 * @param nodes the boxes
 * @param edges the arrows; both ends of each are among the nodes
 */
public record HostGraph(String title, String subtitle, List<Node> nodes, List<Edge> edges) {

  /** Copies the lists. */
  public HostGraph {
    nodes = List.copyOf(nodes);
    edges = List.copyOf(edges);
  }

  /** The graph of a host as it was described. */
  public static HostGraph of(DescribeHostResponse host) {
    return HostGraphReader.read(host);
  }
}
