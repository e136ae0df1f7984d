package io.virtrig.cli.demo;

import io.virtrig.cli.Palette;
import io.virtrig.cli.StateTree;
import io.virtrig.cli.conformance.Transport;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.StateNode;
import java.io.PrintWriter;

/** Hosts whose processes, with what they still hold, are printed before they end. */
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
    out.println();
    for (StateNode node : inside.getState().getChildrenList()) {
      if (node.getName().equals("process")) {
        StateTree.draw(node).lines().forEach(line -> out.println(palette.faint("   " + line)));
      }
    }
    out.println(
        palette.faint("   state hash " + inside.getStateHash() + ", the same on every machine"));
  }
}
