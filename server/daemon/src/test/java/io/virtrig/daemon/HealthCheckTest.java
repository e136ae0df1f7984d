package io.virtrig.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.config.Settings;
import io.virtrig.daemon.grpc.ServedDaemon;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HealthCheckTest {

  @Test
  void aDaemonThatTakesCallsIsHealthyAndOneThatIsGoneIsNot() throws Exception {
    Configuration settings;
    try (ServedDaemon daemon = new ServedDaemon()) {
      settings = asking(Objects.requireNonNull(daemon.daemon().metricsAddress()));
      assertThatCode(() -> HealthCheck.run(settings)).doesNotThrowAnyException();
    }
    assertThatThrownBy(() -> HealthCheck.run(settings)).isInstanceOf(IOException.class);
  }

  @Test
  void withoutThePageThereIsNobodyToAsk() {
    Configuration settings = configuration("off");
    assertThatThrownBy(() -> HealthCheck.run(settings)).hasMessageContaining("--metrics is off");
  }

  @Test
  void onlyItsFlagAsksForIt() {
    assertThat(HealthCheck.isAskedFor(new String[] {"--insecure", "--healthcheck"})).isTrue();
    assertThat(HealthCheck.isAskedFor(new String[] {"--insecure"})).isFalse();
  }

  private static Configuration asking(InetSocketAddress metrics) {
    return configuration("0.0.0.0:" + metrics.getPort());
  }

  private static Configuration configuration(String metrics) {
    String[] arguments = {"--insecure", "--metrics", metrics};
    return Objects.requireNonNull(Settings.parse(arguments, Map.of()));
  }
}
