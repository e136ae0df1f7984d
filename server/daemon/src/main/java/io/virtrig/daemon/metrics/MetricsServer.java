package io.virtrig.daemon.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * The page that Prometheus scrapes, {@code /metrics}, and two for whoever only asks how we are:
 * {@code /healthz} answers for as long as we live, {@code /readyz} for as long as we take calls.
 */
public final class MetricsServer implements AutoCloseable {
  private static final String PLAIN_TEXT = "text/plain";
  private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private MetricsServer(HttpServer server) {
    this.server = server;
  }

  /**
   * Starts it.
   *
   * @param ready whether the daemon takes calls
   */
  public static MetricsServer start(
      InetSocketAddress address, PrometheusMeterRegistry registry, BooleanSupplier ready)
      throws IOException {
    MetricsServer metrics = new MetricsServer(HttpServer.create(address, 0));
    metrics.server.setExecutor(metrics.threads);
    metrics.server.createContext(
        "/metrics", exchange -> answer(exchange, "/metrics", PROMETHEUS_TEXT, registry::scrape));
    metrics.server.createContext(
        "/healthz", exchange -> answer(exchange, "/healthz", PLAIN_TEXT, () -> "ok\n"));
    metrics.server.createContext(
        "/readyz",
        exchange -> {
          if (ready.getAsBoolean()) {
            answer(exchange, "/readyz", PLAIN_TEXT, () -> "ok\n");
          } else {
            refuse(exchange, HttpURLConnection.HTTP_UNAVAILABLE);
          }
        });
    metrics.server.start();
    return metrics;
  }

  private interface Page {
    String text();
  }

  private static void answer(HttpExchange exchange, String path, String type, Page page)
      throws IOException {
    try (exchange) {
      if (!exchange.getRequestURI().getPath().equals(path)) {
        refuse(exchange, HttpURLConnection.HTTP_NOT_FOUND);
        return;
      }
      if (!exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET");
        refuse(exchange, HttpURLConnection.HTTP_BAD_METHOD);
        return;
      }
      byte[] body = page.text().getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(200, body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  private static void refuse(HttpExchange exchange, int status) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(status, -1);
    }
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
