package io.virtrig.daemon;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.virtrig.daemon.limits.ForkedDaemon;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.ListHostsRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URL;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** OpenTelemetry's agent in a daemon as it is, and a collector that takes what it sends. */
class TracesTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  @Test
  void withTheAgentACallIsASpanOfItsCallersTrace() throws Exception {
    List<ByteString> spans = new CopyOnWriteArrayList<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          try (exchange) {
            spans.add(ByteString.readFrom(exchange.getRequestBody()));
            exchange.sendResponseHeaders(200, -1);
          }
        });
    collector.start();
    try (ForkedDaemon daemon =
        new ForkedDaemon(
            256,
            List.of(
                "-javaagent:" + agent(),
                "-Dotel.service.name=virtrigd",
                "-Dotel.exporter.otlp.protocol=http/protobuf",
                "-Dotel.exporter.otlp.endpoint=http://127.0.0.1:"
                    + collector.getAddress().getPort(),
                "-Dotel.metrics.exporter=none",
                "-Dotel.logs.exporter=none",
                "-Dotel.bsp.schedule.delay=100"))) {
      Metadata headers = new Metadata();
      headers.put(
          Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER),
          "00-" + TRACE + "-00f067aa0ba902b7-01");
      var _ =
          HostServiceGrpc.newBlockingStub(daemon.channel())
              .withDeadlineAfter(60, TimeUnit.SECONDS)
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
              .listHosts(ListHostsRequest.getDefaultInstance());
      ByteString trace = ByteString.copyFrom(HexFormat.of().parseHex(TRACE));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> spans.stream().anyMatch(span -> contains(span, trace)));
      ByteString span =
          spans.stream().filter(one -> contains(one, trace)).findFirst().orElseThrow();
      assertThat(contains(span, ascii("virtrig.v1.HostService/ListHosts"))).isTrue();
      assertThat(contains(span, ascii("virtrigd"))).isTrue();
    } finally {
      collector.stop(0);
    }
  }

  private static ByteString ascii(String text) {
    return ByteString.copyFrom(text, US_ASCII);
  }

  private static boolean contains(ByteString whole, ByteString part) {
    for (int at = 0; at + part.size() <= whole.size(); at++) {
      if (whole.substring(at, at + part.size()).equals(part)) {
        return true;
      }
    }
    return false;
  }

  /** Its jar, which stands on the tests' class path. */
  private static String agent() {
    URL entry =
        Objects.requireNonNull(
            TracesTest.class.getResource("/io/opentelemetry/javaagent/OpenTelemetryAgent.class"));
    String path = entry.getPath();
    return path.substring("file:".length(), path.indexOf('!'));
  }
}
