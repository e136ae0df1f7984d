package io.virtrig.cli.demo;

import io.virtrig.cli.Palette;
import io.virtrig.cli.conformance.RingTransport;
import io.virtrig.cli.conformance.Transport;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.graph.HostGraph;
import io.virtrig.graph.TextPicture;
import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.io.PrintWriter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hosts that are drawn, with all they still hold, before they end; and, where a story asks for
 * them, the stages of translation whenever they have changed.
 */
final class DescribedHosts implements Transport {

  private final RingTransport ring;
  private final PrintWriter out;
  private final Palette palette;
  private final boolean stages;
  private @Nullable VirtrigHost current;
  private List<String> drawn = List.of();

  DescribedHosts(VirtrigClient client, PrintWriter out, Palette palette, boolean stages) {
    this.stages = stages;
    ring = new RingTransport(client, 1);
    this.out = out;
    this.palette = palette;
  }

  @Override
  public SimulatedHost create(HostSpec spec) {
    RingTransport.RingHost host = ring.create(spec);
    current = host.host();
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

  /** After a step: the stages, where they are another picture than before. */
  void stepped() {
    if (!stages || current == null) {
      return;
    }
    DescribeHostResponse inside = current.describe();
    List<String> now = BothStages.draw(inside.getHost().getSpec(), inside.getState());
    if (!now.equals(drawn)) {
      drawn = now;
      now.forEach(line -> out.println("       " + palette.name(line)));
    }
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
