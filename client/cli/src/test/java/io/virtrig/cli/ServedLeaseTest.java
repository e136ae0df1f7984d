package io.virtrig.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.client.VirtrigClient;
import io.virtrig.v1.Host;
import java.io.IOException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Leases, from the command line to a real daemon and back. */
class ServedLeaseTest {
  @AutoClose private final LocalDaemon daemon;

  ServedLeaseTest() throws IOException {
    daemon = LocalDaemon.start();
  }

  @Test
  void hostsAreMadeWithLeasesWhichAreRenewed() {
    assertThat(virtrig("host", "create", "--id", "a", "--lease", "10m")).isEqualTo(ExitCode.OK);
    assertThat(get("a").getLease().getSeconds()).isEqualTo(600);
    assertThat(virtrig("host", "clone", "a", "--id", "b", "--lease", "2h")).isEqualTo(ExitCode.OK);
    assertThat(get("b").getLease().getSeconds()).isEqualTo(7200);
    assertThat(virtrig("host", "clone", "a", "--id", "c")).isEqualTo(ExitCode.OK);
    assertThat(virtrig("host", "renew", "a", "c", "--lease", "1d")).isEqualTo(ExitCode.OK);
    assertThat(get("a").getLease().getSeconds()).isEqualTo(86_400);
    assertThat(virtrig("host", "renew", "c")).isEqualTo(ExitCode.OK);
    assertThat(get("c").getLease().getSeconds()).isEqualTo(86_400);
    assertThat(virtrig("host", "create", "--id", "d")).isEqualTo(ExitCode.OK);
    assertThat(get("d").hasLease()).isFalse();
    assertThat(virtrig("host", "renew", "d")).isEqualTo(ExitCode.FAILURE);
    assertThat(virtrig("host", "renew", "e")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(virtrig("host", "create", "--lease", "soon")).isEqualTo(ExitCode.USAGE);
    assertThat(virtrig("host", "create", "--lease", "PT10M")).isEqualTo(ExitCode.USAGE);
  }

  private Host get(String id) {
    try (VirtrigClient client = daemon.connect()) {
      return client.host(id).get();
    }
  }

  private int virtrig(String... arguments) {
    return daemon.virtrig(arguments).exit();
  }
}
