package io.virtrig.cli.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.virtrig.cli.LocalDaemon;
import io.virtrig.cli.conformance.CaseFiles;
import io.virtrig.cli.conformance.ConformanceRunner;
import io.virtrig.cli.conformance.Report;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.json.OperationBuilder;
import io.virtrig.client.json.TraceText;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.Variables;
import io.virtrig.v1.TracedCall;
import io.virtrig.v1.VmmStartResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a VMM asked of the kernel, told and asked again. */
class TraceCaseTest {
  private static final String HOST =
      """
      {"kernel": {"uapi": "vsva-v6"}, "iommu": {"model": "intel-vtd", "nesting": true},
       "devices": [{"name": "nic0", "bdf": "0000:00:03.0", "group": 7, "pasid": true}]}
      """;
  private static final String START =
      """
      {"model": "qemu-vsva-rfcv9", "viommu": {"caching_mode": true, "x_scalable_mode": "modern"},
       "devices": [{"host": "nic0", "guest_bdf": "00:02.0"}]}
      """;

  @TempDir private Path folder;

  @Test
  void theTraceOfAVmmHoldsOnAFreshHost() throws Exception {
    try (LocalDaemon daemon = LocalDaemon.start();
        VirtrigClient client = daemon.connect()) {
      VirtrigHost host = client.createHost(UapiJson.hostSpec(json(HOST)));
      VmmStartResponse vm =
          (VmmStartResponse)
              host.call(
                  OperationBuilder.of("vmm.start").arguments(json(START), Variables.NONE).build());
      var _ =
          host.call(
              OperationBuilder.of("vmm.mmio_write")
                  .fd(vm.getFd())
                  .arguments(
                      json("{\"offset\": \"0xe10\", \"size\": 8, \"value\": 1}"), Variables.NONE)
                  .build());
      List<TracedCall> calls = host.calls(0, 1000).getCallsList();
      assertThat(calls).hasSizeGreaterThan(15);
      assertThat(TraceText.line(calls.getLast()))
          .startsWith("1  VFIO_IOMMU_PASID_REQUEST(")
          .endsWith(" = 1");
      Path file = folder.resolve("trace.jsonl");
      Files.writeString(file, TraceCase.of("trace-1", host.get().getSpec(), calls) + "\n");
      try (ConformanceRunner runner = ConformanceRunner.over(client)) {
        Report report = runner.run(CaseFiles.texts(List.of(file)), _ -> {});
        assertThat(report.failures()).isEmpty();
        assertThat(report.counts().passed()).isEqualTo(1);
      }
    }
  }

  private static JsonObject json(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }
}
