package io.virtrig.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.cli.conformance.CaseFiles;
import io.virtrig.cli.conformance.CaseLine;
import io.virtrig.cli.conformance.ConformanceRunner;
import io.virtrig.cli.conformance.Outcome;
import io.virtrig.cli.conformance.Transport;
import io.virtrig.cli.demo.DemoCommand;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.graph.HostGraph;
import io.virtrig.graph.SvgPicture;
import io.virtrig.graph.TextPicture;
import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The demo's hosts, drawn from what a real daemon says of them: names that the reader of the graph
 * relies on are there.
 */
class ServedHostGraphTest {

  @Test
  void theDemosHostsAreDrawnWithTheirConnections() throws IOException {
    try (LocalDaemon daemon = LocalDaemon.start();
        VirtrigClient client = daemon.connect()) {
      List<DescribeHostResponse> ends = new ArrayList<>();
      for (CaseLine line : chapters()) {
        Outcome outcome =
            ConformanceRunner.run(
                (CaseLine.Case) line, spec -> watched(client, spec, ends), step -> {});
        assertThat(outcome).as(line.toString()).isInstanceOf(Outcome.Passed.class);
      }
      assertThat(text(ends.get(0)))
          .contains("container", "type1 v2, no mappings", "→ group 1", "DMA → intel-vtd", "edu0");
      assertThat(text(ends.get(1))).contains("slot 0 at 0x0, 64 KiB", "vCPU 0", "irqchip KERNEL");
      assertThat(text(ends.get(3)))
          .contains(
              "irqfd GSI 24",
              "MSI, vector 0x51",
              "of these posted 1",
              "irqbypass, MSI-X 0, posted");
      assertThat(SvgPicture.draw(HostGraph.of(ends.get(3)))).contains("MSI-X 0, posted");
    }
  }

  private static List<CaseLine> chapters() throws IOException {
    return CaseFiles.readResource("demo", DemoCommand.class, "demo.jsonl");
  }

  private static String text(DescribeHostResponse inside) {
    return TextPicture.draw(HostGraph.of(inside));
  }

  private static Transport.SimulatedHost watched(
      VirtrigClient client, HostSpec spec, List<DescribeHostResponse> ends) {
    VirtrigHost host = client.createHost(spec);
    return new Transport.SimulatedHost() {
      @Override
      public Result execute(Operation operation) {
        return host.execute(operation);
      }

      @Override
      public void close() {
        ends.add(host.describe());
        host.delete();
      }
    };
  }
}
