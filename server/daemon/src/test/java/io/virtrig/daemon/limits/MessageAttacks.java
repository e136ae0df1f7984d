package io.virtrig.daemon.limits;

import static io.virtrig.daemon.limits.RawClient.END_STREAM;
import static io.virtrig.daemon.limits.RawClient.prefixed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.virtrig.daemon.limits.HostileClientsTest.Attack;
import io.virtrig.v1.EchoRequest;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Messages that are, or become, too long. */
final class MessageAttacks {
  private static final String CALL = "virtrig.v1.EchoService/Echo";

  private final ForkedDaemon daemon;

  private MessageAttacks(ForkedDaemon daemon) {
    this.daemon = daemon;
  }

  static List<Attack> on(ForkedDaemon daemon) {
    MessageAttacks attacks = new MessageAttacks(daemon);
    return List.of(
        new Attack("a message said to have 2 GiB", "4 MiB a message", attacks::announced),
        new Attack("gzip bomb: 64 KB that become 64 MiB", "4 MiB a message", attacks::compressed),
        new Attack(
            "a thousand messages of 4 MiB, none of which ends",
            "64 MiB unfinished a connection",
            attacks::unfinished),
        new Attack("bytes that are no message", "the vocabulary", attacks::garbage));
  }

  private String announced() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      client.begin(1, CALL);
      client.data(1, 0, prefixed(0, Integer.MAX_VALUE, new byte[0]));
      return client.status(1);
    }
  }

  private String compressed() throws Exception {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write(
          EchoRequest.newBuilder()
              .setPayload(ByteString.copyFrom(new byte[64 << 20]))
              .build()
              .toByteArray());
    }
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      client.begin(1, CALL, "grpc-encoding", "gzip");
      client.data(1, END_STREAM, prefixed(1, bomb.size(), bomb.toByteArray()));
      return client.status(1);
    }
  }

  private String unfinished() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      byte[] most = prefixed(0, 4 << 20, new byte[200 << 10]);
      String end =
          client.flood(
              1000,
              i -> {
                client.begin(2 * i + 1, CALL);
                client.data(2 * i + 1, 0, most);
                return new byte[0];
              });
      assertThat(daemon.metric("virtrig_limit_refusals_total{limit=\"unfinished_requests\"}"))
          .isPositive();
      await().until(() -> daemon.metric("virtrig_requests_unfinished_bytes") == 0);
      return end;
    }
  }

  private String garbage() throws Exception {
    try (RawClient client = new RawClient(daemon.grpc()).greet()) {
      client.begin(1, CALL);
      client.finish(1, RawClient.utf8("no message at all"));
      return client.status(1);
    }
  }
}
