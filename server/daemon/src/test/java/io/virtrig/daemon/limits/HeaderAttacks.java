package io.virtrig.daemon.limits;

import static io.netty.handler.codec.http2.Http2FrameTypes.CONTINUATION;
import static io.netty.handler.codec.http2.Http2FrameTypes.HEADERS;
import static io.virtrig.daemon.limits.RawClient.END_HEADERS;
import static io.virtrig.daemon.limits.RawClient.END_STREAM;

import io.virtrig.daemon.limits.HostileClientsTest.Attack;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;

/** Headers that are many, long, or without end. */
final class HeaderAttacks {
  private static final String CALL = "virtrig.v1.HostService/ListHosts";

  private final ForkedDaemon daemon;

  private HeaderAttacks(ForkedDaemon daemon) {
    this.daemon = daemon;
  }

  static List<Attack> on(ForkedDaemon daemon) {
    HeaderAttacks attacks = new HeaderAttacks(daemon);
    return List.of(
        new Attack("one header of 18 KiB", "16 KiB of metadata", () -> attacks.oneOf(18 << 10)),
        new Attack("one header of 64 KiB", "16 KiB of metadata", () -> attacks.oneOf(64 << 10)),
        new Attack("a thousand headers", "16 KiB of metadata", attacks::many),
        new Attack(
            "HPACK bomb: a header of 4 KB named 10000 times", "16 KiB of metadata", attacks::bomb),
        new Attack(
            "continuations without end, empty",
            "10 small frames a block",
            () -> attacks.continuations(0)),
        new Attack(
            "continuations without end, full",
            "16 KiB of metadata",
            () -> attacks.continuations(16_384)));
  }

  private String oneOf(int size) throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      return call(client, client.headers(CALL, "x", "v".repeat(size)));
    }
  }

  private String many() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      String[] more = new String[2000];
      for (int i = 0; i < more.length; i += 2) {
        more[i] = "x-" + i;
        more[i + 1] = "some value";
      }
      return call(client, client.headers(CALL, more));
    }
  }

  private static String call(RawClient client, byte[] block) throws Exception {
    int sent = Math.min(block.length, 16_384);
    boolean whole = sent == block.length;
    client.frame(HEADERS, END_STREAM | (whole ? END_HEADERS : 0), 1, Arrays.copyOf(block, sent));
    try {
      while (!whole) {
        int length = Math.min(16_384, block.length - sent);
        byte[] part = Arrays.copyOfRange(block, sent, sent + length);
        sent += length;
        whole = sent == block.length;
        client.frame(CONTINUATION, whole ? END_HEADERS : 0, 1, part);
      }
    } catch (java.net.SocketException e) {
      // It has been closed already.
    }
    return client.status(1);
  }

  /**
   * The block puts a header into the server's table, then names it by one byte, again and again.
   */
  private String bomb() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      ByteArrayOutputStream block = new ByteArrayOutputStream();
      block.writeBytes(client.headers(CALL));
      block.write(0x40); // A literal with indexing and a new name.
      block.write(1);
      block.write('b');
      block.write(0x7f); // 127 and more: 3900.
      block.write(((3900 - 127) & 0x7f) | 0x80);
      block.write((3900 - 127) >> 7);
      block.writeBytes(new byte[3900]);
      byte[] names = new byte[10_000];
      Arrays.fill(names, (byte) (0x80 | 62)); // The newest of the table.
      block.writeBytes(names);
      return call(client, block.toByteArray());
    }
  }

  private String continuations(int size) throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      client.frame(HEADERS, 0, 1, client.headers(CALL));
      byte[] part = new byte[size];
      // Literals without indexing, each with a name and a value that are empty.
      return client.flood(10_000, i -> RawClient.bytes(CONTINUATION, 0, 1, part));
    }
  }
}
