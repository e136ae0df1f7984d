package io.virtrig.daemon.limits;

import static io.netty.handler.codec.http2.Http2FrameTypes.HEADERS;
import static io.netty.handler.codec.http2.Http2FrameTypes.PING;
import static io.netty.handler.codec.http2.Http2FrameTypes.PRIORITY;
import static io.netty.handler.codec.http2.Http2FrameTypes.RST_STREAM;
import static io.netty.handler.codec.http2.Http2FrameTypes.SETTINGS;
import static io.netty.handler.codec.http2.Http2FrameTypes.WINDOW_UPDATE;
import static io.virtrig.daemon.limits.RawClient.END_HEADERS;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.virtrig.daemon.limits.HostileClientsTest.Attack;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.List;

/** Frames by the thousand, and frames that are none. */
final class FrameAttacks {
  private static final String CALL = "virtrig.v1.HostService/ListHosts";
  private static final int FLOOD = 60_000;

  private final ForkedDaemon daemon;

  private FrameAttacks(ForkedDaemon daemon) {
    this.daemon = daemon;
  }

  static List<Attack> on(ForkedDaemon daemon) {
    FrameAttacks attacks = new FrameAttacks(daemon);
    return List.of(
        new Attack(
            "rapid reset: calls begun and reset at once",
            "2000 resets in 10 s",
            attacks::rapidReset),
        new Attack(
            "made to reset: frames because of which the server resets",
            "2000 resets in 10 s",
            attacks::madeToReset),
        new Attack("pings without pause", "one in 10 s, two too many", attacks::pings),
        new Attack(
            "settings without pause, their acknowledgements unread",
            "10000 frames that wait to be sent",
            attacks::settings),
        new Attack("calls without end, all at once", "1000 calls a connection", attacks::manyCalls),
        new Attack("priorities without pause", "none is kept", attacks::priorities),
        new Attack("HTTP/1.1", "the preface of HTTP/2", attacks::otherProtocol));
  }

  private String rapidReset() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      byte[] cancel = ByteBuffer.allocate(4).putInt(8).array();
      return client.flood(
          FLOOD,
          i -> {
            int stream = 2 * i + 1;
            ByteArrayOutputStream both = new ByteArrayOutputStream();
            both.writeBytes(RawClient.bytes(HEADERS, END_HEADERS, stream, client.headers(CALL)));
            both.writeBytes(RawClient.bytes(RST_STREAM, 0, stream, cancel));
            return both.toByteArray();
          });
    }
  }

  private String madeToReset() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      byte[] nothing = new byte[4];
      return client.flood(
          FLOOD,
          i -> {
            int stream = 2 * i + 1;
            ByteArrayOutputStream both = new ByteArrayOutputStream();
            both.writeBytes(RawClient.bytes(HEADERS, END_HEADERS, stream, client.headers(CALL)));
            both.writeBytes(RawClient.bytes(WINDOW_UPDATE, 0, stream, nothing));
            return both.toByteArray();
          });
    }
  }

  private String pings() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      return client.flood(FLOOD, i -> RawClient.bytes(PING, 0, 0, new byte[8]));
    }
  }

  private String settings() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      String end = client.flood(20 * FLOOD, i -> RawClient.bytes(SETTINGS, 0, 0, new byte[0]));
      // The reason waits behind the acknowledgements and may be lost with them.
      return end.startsWith("GOAWAY") ? "closed" : end;
    }
  }

  private String manyCalls() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      int call = 1;
      for (; call <= 2 * 1000; call += 2) {
        client.begin(call, CALL);
      }
      client.begin(call, CALL);
      return client.status(call);
    }
  }

  private String priorities() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      byte[] payload = ByteBuffer.allocate(5).putInt(0).put((byte) 1).array();
      for (int i = 1; i < FLOOD; i++) {
        client.frame(PRIORITY, 0, 2 * i + 1, payload);
      }
      client.begin(1, CALL);
      client.finish(1, new byte[0]);
      return client.status(1);
    }
  }

  private String otherProtocol() throws IOException {
    try (RawClient client = new RawClient(daemon.grpc())) {
      client.raw("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(US_ASCII));
      return client.end();
    } catch (SocketException e) {
      return "closed";
    }
  }
}
