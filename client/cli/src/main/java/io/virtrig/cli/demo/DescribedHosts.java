package io.virtrig.cli.demo;

import io.virtrig.cli.Palette;
import io.virtrig.cli.conformance.Transport;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.StateNode;
import java.io.PrintWriter;
import java.util.Map;
import java.util.TreeMap;

/** Hosts of which a summary is printed before they end. */
final class DescribedHosts implements Transport {

  private final VirtrigClient client;
  private final PrintWriter out;
  private final Palette palette;

  DescribedHosts(VirtrigClient client, PrintWriter out, Palette palette) {
    this.client = client;
    this.out = out;
    this.palette = palette;
  }

  @Override
  public SimulatedHost create(HostSpec spec) {
    VirtrigHost host = client.createHost(spec);
    return new SimulatedHost() {
      @Override
      public Result execute(Operation operation) {
        return host.execute(operation);
      }

      @Override
      public void close() {
        summarize(host.describe());
        host.delete();
      }
    };
  }

  private void summarize(DescribeHostResponse inside) {
    Map<String, Integer> counts = new TreeMap<>();
    count(inside.getState(), counts);
    String objects =
        String.join(
            ", ",
            counts.entrySet().stream().map(each -> each.getValue() + " " + each.getKey()).toList());
    out.println();
    out.println(palette.faint("   left inside: " + objects));
    out.println(
        palette.faint("   state hash:  " + inside.getStateHash() + ", the same on every machine"));
  }

  private static void count(StateNode node, Map<String, Integer> counts) {
    counts.merge(node.getName(), 1, Integer::sum);
    node.getChildrenList().forEach(child -> count(child, counts));
  }
}
