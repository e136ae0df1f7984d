package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtrig.cli.FakeDaemon;
import io.virtrig.client.RefusalException;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Hosts for many threads at a time, of which each has the one it asked for. */
class HostBatchesTest {
  private static final int HOSTS = 500;

  @AutoClose private final FakeDaemon daemon;
  @AutoClose private final VirtrigClient client;
  @AutoClose private final ExecutorService threads = Executors.newFixedThreadPool(16);
  private final HostBatches batches;

  HostBatchesTest() throws IOException {
    daemon = FakeDaemon.inProcess(operation -> Result.getDefaultInstance());
    client = daemon.client();
    batches = new HostBatches(client, 64);
  }

  @Test
  void eachThreadHasTheHostItAskedForAndAllAreEnded() throws Exception {
    eachThreadMakesItsHostAndEndsIt();
    assertThat(daemon.created()).isEqualTo(HOSTS);
    assertThat(daemon.hosts()).isEmpty();
  }

  /** The daemon refuses the whole batch; who asked for another host than the refused one has it. */
  @Test
  void whoAsksForAHostThatIsRefusedIsTheOnlyOneWhoHasNone() throws Exception {
    List<Callable<Boolean>> tasks = new ArrayList<>();
    for (int i = 0; i < HOSTS; i++) {
      HostSpec mine = i % 10 == 3 ? HostSpec.newBuilder().setArch("vax").build() : spec(i);
      tasks.add(
          () -> {
            try {
              VirtrigHost host = batches.create(mine);
              assertThat(host.get().getSpec()).isEqualTo(mine);
              return true;
            } catch (RefusalException e) {
              assertThat(e).hasMessageContaining("no VAX yet");
              return false;
            }
          });
    }
    List<Future<Boolean>> made = threads.invokeAll(tasks);
    for (int i = 0; i < HOSTS; i++) {
      assertThat(made.get(i).get()).as("host %d", i).isEqualTo(i % 10 != 3);
    }
    assertThat(daemon.hosts()).hasSize(HOSTS - HOSTS / 10);
  }

  /** Sixteen threads, of which no more than five have a host at a time. */
  @Test
  void whoFindsNoRoomWaitsForAnothersHostToEnd() throws Exception {
    daemon.limit(5);
    eachThreadMakesItsHostAndEndsIt();
    assertThat(daemon.created()).isEqualTo(HOSTS);
  }

  @Test
  void whereOthersTakeAllTheRoomTheRefusalIsTold() {
    daemon.limit(0);
    assertThatThrownBy(() -> batches.create(spec(1)))
        .isInstanceOf(RefusalException.class)
        .hasMessageContaining("no more hosts");
  }

  private void eachThreadMakesItsHostAndEndsIt() throws Exception {
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int i = 0; i < HOSTS; i++) {
      HostSpec mine = spec(i);
      tasks.add(
          () -> {
            VirtrigHost host = batches.create(mine);
            assertThat(host.get().getSpec()).isEqualTo(mine);
            batches.end(host);
            return null;
          });
    }
    for (Future<Void> done : threads.invokeAll(tasks)) {
      done.get();
    }
    batches.close();
  }

  private static HostSpec spec(int number) {
    return HostSpec.newBuilder().setArch("arch-" + number).build();
  }
}
