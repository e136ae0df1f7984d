package io.virtrig.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.Ports;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.testcontainers.DockerClientFactory;

/** The image, started as users start it. */
@NeedsTheImage
class VirtrigContainerTest {

  @Test
  void itAnswersAsTheKernelDoes() {
    try (VirtrigContainer container = started()) {
      try (VirtrigClient client = container.client()) {
        VirtrigHost host = client.createHost(HostSpec.getDefaultInstance());
        assertThat(host.execute(open("/dev/kvm")).getOpen().getRet()).isEqualTo(3);
        assertThat(host.execute(open("/dev/vfio/9")).getErrno().getName()).isEqualTo("ENOENT");
      }
    }
  }

  @Test
  void itRunsWithoutPrivilegesAndUsesItsAotCache() throws Exception {
    try (VirtrigContainer container = started()) {
      assertThat(container.execInContainer("id", "-u").getStdout().strip()).isEqualTo("65532");
      assertThat(container.execInContainer("touch", "/opt/virtrig/x").getExitCode()).isNotZero();
      assertThat(container.getLogs()).contains("virtrigd ready").doesNotContain("[aot]");
    }
  }

  @Test
  void itsOwnHealthCheckSaysThatItIsWell() throws Exception {
    try (VirtrigContainer container = started()) {
      String[] check =
          container.getContainerInfo().getConfig().getHealthcheck() == null
              ? new String[0]
              : container.getContainerInfo().getConfig().getHealthcheck().getTest().stream()
                  .skip(1)
                  .toArray(String[]::new);
      assertThat(check).contains("--healthcheck");
      assertThat(container.execInContainer(check).getExitCode()).isZero();
    }
  }

  @Test
  void itSaysWhatItIsAndWhatItIsMadeOf() throws Exception {
    try (VirtrigContainer container = started()) {
      assertThat(container.getContainerInfo().getConfig().getLabels())
          .containsEntry("org.opencontainers.image.title", "Virtrig")
          .containsKeys("org.opencontainers.image.version", "org.opencontainers.image.revision");
      assertThat(container.execInContainer("cat", "/opt/virtrig/bom.json").getStdout())
          .contains("CycloneDX")
          .contains("pkg:maven/io.grpc/grpc-netty@");
    }
  }

  @Test
  void itsMetricsCanBeScraped() throws Exception {
    try (VirtrigContainer container = started()) {
      HttpURLConnection page =
          (HttpURLConnection)
              URI.create(container.metricsUrl() + "/metrics").toURL().openConnection();
      try (InputStream body = page.getInputStream()) {
        assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8))
            .contains("virtrig_build_info");
      }
    }
  }

  @Test
  void aSettingReachesTheDaemon() {
    try (VirtrigContainer container =
        new VirtrigContainer(NeedsTheImage.NAME).withSetting("max-hosts", "1")) {
      container.start();
      try (VirtrigClient client = container.client()) {
        VirtrigHost first = client.createHost(HostSpec.getDefaultInstance());
        assertThat(first.id()).isNotEmpty();
        assertThatThrownBy(() -> client.createHost(HostSpec.getDefaultInstance()))
            .hasMessageContaining("as many as it may");
      }
    }
  }

  @Test
  void asRestartedItServesAgainAndItsHostsAreGone() {
    try (VirtrigContainer container = started()) {
      try (VirtrigClient client = container.client()) {
        assertThat(client.createHost("rig", HostSpec.getDefaultInstance()).id()).isEqualTo("rig");
      }
      DockerClient engine = DockerClientFactory.lazyClient();
      engine.restartContainerCmd(container.getContainerId()).withTimeout(10).exec();
      // Docker chooses another port for it now.
      Ports.Binding[] bindings =
          engine
              .inspectContainerCmd(container.getContainerId())
              .exec()
              .getNetworkSettings()
              .getPorts()
              .getBindings()
              .get(ExposedPort.tcp(7473));
      assertThat(bindings).isNotEmpty();
      String port = Objects.requireNonNull(bindings)[0].getHostPortSpec();
      try (VirtrigClient client =
          VirtrigClient.connect(container.getHost() + ":" + port, container.credentials())) {
        client.awaitReady(Duration.ofSeconds(30));
        assertThat(client.listHosts()).isEmpty();
      }
    }
  }

  @Test
  void askedToStopItEndsInGoodOrder() {
    try (VirtrigContainer container = started()) {
      DockerClient engine = DockerClientFactory.lazyClient();
      engine.stopContainerCmd(container.getContainerId()).withTimeout(10).exec();
      InspectContainerResponse.ContainerState state =
          engine.inspectContainerCmd(container.getContainerId()).exec().getState();
      // 128 and SIGTERM: not 137, which is what follows when somebody does not listen.
      assertThat(state.getExitCodeLong()).isEqualTo(143);
    }
  }

  @Test
  void whenItIsKilledItsClientsAreTold() {
    try (VirtrigContainer container = started()) {
      try (VirtrigClient client = container.client()) {
        VirtrigHost host = client.createHost(HostSpec.getDefaultInstance());
        DockerClientFactory.lazyClient().killContainerCmd(container.getContainerId()).exec();
        assertThatThrownBy(
                () ->
                    host.execute(
                        Operation.newBuilder()
                            .setEventfd(EventfdRequest.getDefaultInstance())
                            .build()))
            .isInstanceOfSatisfying(
                StatusRuntimeException.class,
                e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
      }
    }
  }

  private static VirtrigContainer started() {
    VirtrigContainer container = new VirtrigContainer(NeedsTheImage.NAME);
    container.start();
    return container;
  }

  private static Operation open(String path) {
    return Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)).build();
  }
}
