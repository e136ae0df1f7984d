package io.virtrig.daemon.limits;

import io.virtrig.daemon.limits.HostileClientsTest.Attack;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** Many connections, and many streams. */
final class CrowdAttacks {
  private static final int PER_PEER = 1000;
  private static final int STREAMS_PER_PEER = 1024;

  private final ForkedDaemon daemon;

  private CrowdAttacks(ForkedDaemon daemon) {
    this.daemon = daemon;
  }

  static List<Attack> on(ForkedDaemon daemon) {
    CrowdAttacks attacks = new CrowdAttacks(daemon);
    return List.of(
        new Attack(
            "a thousand and one connections from one address",
            "1000 connections a peer",
            attacks::onePeer),
        new Attack(
            "ten thousand idle connections from many addresses",
            "10000 connections",
            attacks::manyPeers),
        new Attack(
            "watches of health from one address",
            "1024 streams a peer",
            () -> attacks.streams("grpc.health.v1.Health/Watch")),
        new Attack(
            "reflections from one address",
            "1024 streams a peer",
            () -> attacks.streams("grpc.reflection.v1.ServerReflection/ServerReflectionInfo")));
  }

  private String onePeer() throws Exception {
    return withClients(PER_PEER, 2, () -> onceMore("127.0.2.1"));
  }

  /** One connection is the polite client's, and some may be of the attacks before. */
  private String manyPeers() throws Exception {
    return withClients(
        9990,
        3,
        () -> {
          List<RawClient> last = new ArrayList<>();
          try {
            while (last.size() < 20) {
              last.add(new RawClient(daemon.grpc(), InetAddress.getByName("127.0.99.1")).greet());
            }
            RawClient refused = last.getLast();
            return refused.end();
          } catch (IOException e) {
            return "closed";
          } finally {
            closeAll(last);
          }
        });
  }

  private String onceMore(String from) throws IOException {
    try (RawClient client = new RawClient(daemon.grpc(), InetAddress.getByName(from))) {
      return client.end();
    }
  }

  private String withClients(int count, int net, Callable<String> then) throws Exception {
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        String from = "127.0." + net + "." + (1 + i / PER_PEER);
        clients.add(new RawClient(daemon.grpc(), InetAddress.getByName(from)).greet());
      }
      return then.call();
    } finally {
      closeAll(clients);
    }
  }

  private static void closeAll(List<RawClient> clients) throws IOException {
    for (RawClient client : clients) {
      client.close();
    }
  }

  private String streams(String method) throws Exception {
    InetAddress from = InetAddress.getByName("127.0.4.1");
    try (RawClient first = new RawClient(daemon.grpc(), from).greet();
        RawClient second = new RawClient(daemon.grpc(), from).greet()) {
      for (int i = 0; i < STREAMS_PER_PEER; i++) {
        RawClient client = i < STREAMS_PER_PEER / 2 ? first : second;
        client.begin(1 + 2 * (i % (STREAMS_PER_PEER / 2)), method);
      }
      int stream = 1 + STREAMS_PER_PEER;
      first.ping();
      second.begin(stream, method);
      return second.status(stream);
    }
  }
}
