package io.virtrig.daemon.metrics;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.config.Scraping;
import io.virtrig.daemon.limits.ForkedDaemon;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests as bytes: no client here would send them. */
class PageAccessTest {
  private static final String OURS = "Host: localhost\r\n";

  @TempDir private Path folder;

  @Test
  void namesThatAreNotOursGetNoAnswer() throws IOException {
    try (Daemon daemon = start(new Scraping(null, List.of("Virtrig.lab")))) {
      InetSocketAddress page = page(daemon);
      for (String ours :
          List.of(
              "localhost",
              "LOCALHOST:9464",
              "127.0.0.1:1",
              "10.1.2.3",
              "[::1]:9464",
              "[fe80::1]",
              "virtrig.lab:80")) {
        assertThat(status(page, "/metrics", "Host: " + ours + "\r\n")).as(ours).isEqualTo(200);
      }
      for (String theirs :
          List.of(
              "evil.example",
              "evil.example:9464",
              "localhost.evil.example",
              "127.0.0.1.evil.example",
              "[evil]",
              "[::1].evil.example",
              "1.2.3",
              "")) {
        assertThat(status(page, "/metrics", "Host: " + theirs + "\r\n")).as(theirs).isEqualTo(421);
        assertThat(status(page, "/", "Host: " + theirs + "\r\n")).as(theirs).isEqualTo(421);
      }
      assertThat(status(page, "/metrics", "")).isIn(400, 421);
      assertThat(status(page, "/readyz", "Host: a.probe\r\n")).isEqualTo(200);
    }
  }

  @Test
  void whoDoesNotKnowTheTokenLearnsOnlyWhetherTheDaemonLives() throws IOException {
    Path file = Files.writeString(folder.resolve("token"), "secret\n");
    try (Daemon daemon = start(new Scraping(file, List.of()))) {
      InetSocketAddress page = page(daemon);
      for (String path : List.of("/metrics", "/", "/console/daemon")) {
        assertThat(status(page, path, OURS)).isEqualTo(401);
        assertThat(status(page, path, OURS + bearer("Secret"))).isEqualTo(401);
        assertThat(status(page, path, OURS + bearer(""))).isEqualTo(401);
        assertThat(status(page, path, OURS + "Authorization: Basic %%%\r\n")).isEqualTo(401);
        assertThat(status(page, path, OURS + "Authorization: secret\r\n")).isEqualTo(401);
        assertThat(status(page, path, OURS + bearer("secret"))).isEqualTo(200);
        assertThat(status(page, path, OURS + basic("me:secret"))).isEqualTo(200);
        assertThat(status(page, path, OURS + basic("secret:me"))).isEqualTo(401);
      }
      assertThat(status(page, "/healthz", OURS)).isEqualTo(200);
      assertThat(status(page, "/readyz", OURS)).isEqualTo(200);
      Files.writeString(file, "another");
      assertThat(status(page, "/metrics", OURS + bearer("secret"))).isEqualTo(401);
      assertThat(status(page, "/metrics", OURS + bearer("another"))).isEqualTo(200);
      Files.writeString(file, "");
      assertThat(status(page, "/metrics", OURS + bearer(""))).isEqualTo(401);
      Files.delete(file);
      assertThat(status(page, "/metrics", OURS + bearer("another"))).isEqualTo(401);
    }
  }

  /** In a JVM of its own, where a second is all that a request may take to come. */
  @Test
  void slowRequestsLongHeadersAndManyConnectionsEnd() throws IOException {
    try (ForkedDaemon daemon = new ForkedDaemon(64, List.of("-Dsun.net.httpserver.maxReqTime=1"))) {
      InetSocketAddress page = daemon.metrics();
      assertThat(status(page, "/metrics", OURS + "X: " + "x".repeat(20_000) + "\r\n"))
          .isNotEqualTo(200);
      assertThat(status(page, "/metrics", OURS + manyHeaders())).isNotEqualTo(200);
      try (Socket slow = connect(page)) {
        slow.getOutputStream().write("GET /metrics HTTP/1.1\r\nHost: lo".getBytes(US_ASCII));
        assertThat(isClosed(slow)).isTrue();
      }
      List<Socket> idle = new ArrayList<>();
      try {
        for (int i = 0; i < 100; i++) {
          idle.add(connect(page));
          idle.getLast().getOutputStream().write("G".getBytes(US_ASCII));
        }
        try (Socket more = connect(page)) {
          assertThat(isClosed(more)).isTrue();
        }
      } finally {
        for (Socket socket : idle) {
          socket.close();
        }
      }
      assertThat(daemon.alive()).isTrue();
    }
  }

  private static String manyHeaders() {
    StringBuilder headers = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      headers.append("X").append(i).append(": x\r\n");
    }
    return headers.toString();
  }

  private static boolean isClosed(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (SocketException e) {
      return true;
    }
  }

  private static String bearer(String token) {
    return "Authorization: Bearer " + token + "\r\n";
  }

  private static String basic(String pair) {
    String encoded = Base64.getEncoder().encodeToString(pair.getBytes(US_ASCII));
    return "Authorization: Basic " + encoded + "\r\n";
  }

  private static Daemon start(Scraping scraping) throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    return Daemon.start(
        new Configuration(anyPort, anyPort, null, 10, 4 << 20, Duration.ZERO, List.of(), false)
            .with(scraping));
  }

  private static InetSocketAddress page(Daemon daemon) {
    return Objects.requireNonNull(daemon.metricsAddress());
  }

  private static Socket connect(InetSocketAddress page) throws IOException {
    Socket socket = new Socket(page.getAddress(), page.getPort());
    socket.setSoTimeout(30_000);
    return socket;
  }

  /** The status of the answer; 0 when there is none. */
  private static int status(InetSocketAddress page, String path, String headers)
      throws IOException {
    try (Socket socket = connect(page)) {
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n")
                  .getBytes(US_ASCII));
      InputStream in = socket.getInputStream();
      String line = new String(in.readNBytes(12), US_ASCII);
      return line.startsWith("HTTP/1.1 ") ? Integer.parseInt(line.substring(9)) : 0;
    } catch (SocketException e) {
      return 0;
    }
  }
}
