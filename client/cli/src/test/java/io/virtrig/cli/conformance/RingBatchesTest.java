package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.cli.FakeDaemon;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.VirtrigRing;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.EventfdResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.wire.Operations;
import io.virtrig.wire.Results;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Operations of many hosts in one batch: each where it belongs, each answered to who asked. */
class RingBatchesTest {
  private static final int HOSTS = 200;

  @AutoClose private final FakeDaemon daemon;
  @AutoClose private final VirtrigClient client;
  @AutoClose private final VirtrigRing ring;
  @AutoClose private final ExecutorService threads = Executors.newFixedThreadPool(32);
  private final RingBatches batches;

  RingBatchesTest() throws IOException {
    daemon =
        FakeDaemon.inProcess(
            operation ->
                Results.of(
                    EventfdResponse.newBuilder().setRet(operation.getEventfd().getInitval())));
    client = daemon.client();
    ring = client.openRing();
    batches = new RingBatches(ring);
  }

  @Test
  void eachHostExecutesItsOwnAndEachThreadHasItsAnswers() throws Exception {
    List<Callable<List<Result>>> tasks = new ArrayList<>();
    for (int i = 0; i < HOSTS; i++) {
      VirtrigHost host = client.host("h" + i);
      List<Operation> mine = eventfds(i, 1 + i % 7);
      tasks.add(() -> batches.execute(host, mine));
    }
    List<Future<List<Result>>> answers = threads.invokeAll(tasks);
    for (int i = 0; i < HOSTS; i++) {
      long number = i;
      assertThat(answers.get(i).get())
          .hasSize(1 + i % 7)
          .allSatisfy(result -> assertThat(result.getEventfd().getRet()).isEqualTo(number));
      assertThat(daemon.executed()).containsEntry("h" + i, 1 + i % 7);
    }
  }

  @Test
  void aBatchHasNoMoreEntriesThanTheDaemonTakes() {
    assertThat(batches.execute(client.host("h"), eventfds(3, 2500))).hasSize(2500);
    assertThat(daemon.batches()).containsExactly(1024, 1024, 452);
  }

  private static List<Operation> eventfds(int initval, int count) {
    return Collections.nCopies(
        count, Operations.of(EventfdRequest.newBuilder().setInitval(initval)));
  }
}
