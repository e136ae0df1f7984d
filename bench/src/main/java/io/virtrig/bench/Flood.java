package io.virtrig.bench;

import io.grpc.ManagedChannel;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.Operation;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.wire.RingMessages;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A tenant that floods a daemon with all that two processors give a client: connections with single
 * calls one after another, and rings with batches as large as they may be. It runs in a process of
 * its own, which has a processor only when nobody else wants it (SCHED_IDLE), as if it were
 * elsewhere.
 *
 * <p>Argument: the daemon's address. It begins and ends when standard input has a line that says
 * so, and then prints how many operations it had a second.
 */
public final class Flood {
  private static final int CONNECTIONS = 8;
  private static final int LANES_A_CONNECTION = 25;
  private static final int BATCH = 1024;

  private Flood() {}

  /** Starts the process. */
  static ChildJvm start(String target) throws IOException {
    return ChildJvm.start(
        List.of("chrt", "--idle", "0"),
        List.of("--enable-native-access=ALL-UNNAMED"),
        System.getProperty("java.class.path"),
        Flood.class.getName(),
        target);
  }

  /** Floods until standard input ends. */
  public static void main(String[] arguments) throws Exception {
    List<Lane> lanes = lanes(arguments[0]);
    Load load = new Load();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      switch (line) {
        case "begin" -> load.begin(lanes);
        case "end" -> System.out.println(String.format(Locale.ROOT, "%,.0f", load.end()));
        default -> throw new IOException(line);
      }
    }
    Runtime.getRuntime().halt(0);
  }

  private static List<Lane> lanes(String target) {
    List<Lane> lanes = new ArrayList<>();
    for (int connection = 0; connection < CONNECTIONS; connection++) {
      ManagedChannel channel = AsTenant.channel(target);
      VirtrigClient client = AsTenant.client(channel, "flood");
      lanes.addAll(new Lanes(client, AsTenant.of(channel, "flood"), LANES_A_CONNECTION, 0).unary());
      VirtrigHost host = client.createHost(OperationMix.SPEC);
      lanes.add(
          new StreamLane<>(
              AsTenant.of(channel, "flood"),
              RingMessages.METHOD,
              batch(host, new OperationMix(host).operations()),
              BATCH,
              answer -> {}));
    }
    return lanes;
  }

  private static RingRequest batch(VirtrigHost host, List<Operation> operations) {
    RingRequest.Builder batch = RingRequest.newBuilder().setHost(host.id());
    while (batch.getEntriesCount() + operations.size() <= BATCH) {
      operations.forEach(
          operation -> batch.addEntries(SubmissionEntry.newBuilder().setOperation(operation)));
    }
    return batch.build();
  }
}
