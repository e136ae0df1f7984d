package io.virtrig.cli.demo;

import io.virtrig.cli.Palette;
import io.virtrig.cli.conformance.RingTransport;
import io.virtrig.cli.conformance.Transport;
import io.virtrig.client.VirtrigClient;
import io.virtrig.graph.HostGraph;
import io.virtrig.graph.TextPicture;
import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.io.PrintWriter;

/** Hosts that are drawn, with all they still hold, before they end. */
final class DescribedHosts implements Transport {

  private final RingTransport ring;
  private final PrintWriter out;
  private final Palette palette;

  DescribedHosts(VirtrigClient client, PrintWriter out, Palette palette) {
    ring = new RingTransport(client);
    this.out = out;
    this.palette = palette;
  }

  @Override
  public SimulatedHost create(HostSpec spec) {
    RingTransport.RingHost host = ring.create(spec);
    return new SimulatedHost() {
      @Override
      public Result execute(Operation operation) {
        return host.execute(operation);
      }

      @Override
      public void close() {
        summarize(host.host().describe());
        host.close();
      }
    };
  }

  @Override
  public void close() {
    ring.close();
  }

  private void summarize(DescribeHostResponse inside) {
    out.println();
    TextPicture.draw(HostGraph.of(inside))
        .lines()
        .forEach(line -> out.println(palette.faint("   " + line)));
    out.println(
        palette.faint("   state hash " + inside.getStateHash() + ", the same on every machine"));
  }
}
