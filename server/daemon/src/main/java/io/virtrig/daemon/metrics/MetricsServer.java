package io.virtrig.daemon.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.virtrig.daemon.config.Scraping;
import io.virtrig.daemon.hosts.NoSuchHost;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The page that Prometheus scrapes, {@code /metrics}, two for whoever only asks how we are ({@code
 * /healthz} answers for as long as we live, {@code /readyz} for as long as we take calls), and
 * whatever pages others add. Pages are only read.
 */
public final class MetricsServer implements AutoCloseable {
  private static final String PLAIN_TEXT = "text/plain";
  private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

  /** Nothing from elsewhere, no script in the page itself, and no page around ours. */
  private static final String CONTENT_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
          + " img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  /** How the JDK's server is told; what was said on the command line wins. */
  private static final Map<String, String> LIMITS =
      Map.of(
          "jdk.httpserver.maxConnections", "100",
          "sun.net.httpserver.maxReqTime", "10",
          "sun.net.httpserver.maxRspTime", "30",
          "sun.net.httpserver.maxReqHeaders", "100",
          "sun.net.httpserver.maxReqHeaderSize", "16384");

  private static final int MISDIRECTED = 421;

  private final HttpServer server;
  private final PageAccess access;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private MetricsServer(HttpServer server, PageAccess access) {
    this.server = server;
    this.access = access;
  }

  /**
   * Starts it.
   *
   * @param metrics what Prometheus scrapes
   * @param ready whether the daemon takes calls
   */
  public static MetricsServer start(
      InetSocketAddress address, Scraping scraping, Supplier<String> metrics, BooleanSupplier ready)
      throws IOException {
    LIMITS.forEach((name, value) -> System.setProperty(name, System.getProperty(name, value)));
    MetricsServer pages =
        new MetricsServer(HttpServer.create(address, 0), new PageAccess(scraping));
    pages.server.setExecutor(pages.threads);
    pages.page("/metrics", PROMETHEUS_TEXT, query -> metrics.get().getBytes(UTF_8));
    pages.open("/healthz", () -> "ok\n");
    pages.open("/readyz", () -> ready.getAsBoolean() ? "ok\n" : "");
    pages.server.start();
    return pages;
  }

  /**
   * Adds a page.
   *
   * @param body what it says, by the arguments of the query; nothing means not now, and {@link
   *     NoSuchHost} that there is no such page
   */
  public void page(String path, String type, Function<Map<String, String>, byte[]> body) {
    var _ = server.createContext(path, exchange -> answer(exchange, path, type, true, body));
  }

  /** Adds a page that is for everybody, whatever they call us. */
  private void open(String path, Supplier<String> body) {
    var _ =
        server.createContext(
            path,
            exchange ->
                answer(exchange, path, PLAIN_TEXT, false, query -> body.get().getBytes(UTF_8)));
  }

  private void answer(
      HttpExchange exchange,
      String path,
      String type,
      boolean guarded,
      Function<Map<String, String>, byte[]> page)
      throws IOException {
    try (exchange) {
      Headers request = exchange.getRequestHeaders();
      if (guarded && !access.isOurs(request.getFirst("Host"))) {
        exchange.sendResponseHeaders(MISDIRECTED, -1);
        return;
      }
      if (guarded && !access.knowsToken(request.getFirst("Authorization"))) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"virtrig\"");
        exchange.sendResponseHeaders(HttpURLConnection.HTTP_UNAUTHORIZED, -1);
        return;
      }
      URI uri = exchange.getRequestURI();
      if (!path.equals(uri.getPath())) {
        exchange.sendResponseHeaders(HttpURLConnection.HTTP_NOT_FOUND, -1);
        return;
      }
      if (!exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET");
        exchange.sendResponseHeaders(HttpURLConnection.HTTP_BAD_METHOD, -1);
        return;
      }
      byte[] body;
      try {
        body = page.apply(arguments(uri));
      } catch (NoSuchHost e) {
        exchange.sendResponseHeaders(HttpURLConnection.HTTP_NOT_FOUND, -1);
        return;
      }
      if (body.length == 0) {
        exchange.sendResponseHeaders(HttpURLConnection.HTTP_UNAVAILABLE, -1);
        return;
      }
      Headers headers = exchange.getResponseHeaders();
      headers.set("Content-Type", type);
      headers.set("Content-Security-Policy", CONTENT_POLICY);
      headers.set("X-Content-Type-Options", "nosniff");
      headers.set("Cache-Control", "no-store");
      exchange.sendResponseHeaders(HttpURLConnection.HTTP_OK, body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  private static Map<String, String> arguments(URI uri) {
    Map<String, String> arguments = new HashMap<>();
    String query = uri.getRawQuery();
    if (query != null) {
      for (String argument : query.split("&", -1)) {
        int equals = argument.indexOf('=');
        if (equals > 0) {
          arguments.put(
              argument.substring(0, equals),
              URLDecoder.decode(argument.substring(equals + 1), UTF_8));
        }
      }
    }
    return arguments;
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
