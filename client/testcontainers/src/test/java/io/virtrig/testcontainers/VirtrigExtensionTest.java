package io.virtrig.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import io.virtrig.client.Credentials;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.VmmStartRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs tests of users, and looks at what became of them. */
class VirtrigExtensionTest {

  /** Not run by itself: its name is not that of a test. */
  @ExtendWith(VirtrigExtension.class)
  static class Plain {
    private static final List<String> HOSTS = new ArrayList<>();

    @Test
    void first(VirtrigHost host, VirtrigClient client) {
      HOSTS.add(host.id());
      assertThat(client.listHosts()).hasSize(1);
      assertThat(host.execute(open("/dev/kvm")).getOpen().getRet()).isEqualTo(3);
    }

    @Test
    void second(VirtrigHost host, VirtrigClient client) {
      HOSTS.add(host.id());
      assertThat(client.listHosts()).hasSize(1);
      assertThat(host.execute(open("/dev/kvm")).getOpen().getRet()).isEqualTo(3);
    }

    @Test
    void fails(VirtrigHost host) {
      host.call(open("/dev/kvm"));
      host.call(
          Operation.newBuilder()
              .setVmmStart(VmmStartRequest.newBuilder().setModel("kvmtool-v4"))
              .build());
      host.call(Operation.newBuilder().setExit(ExitRequest.getDefaultInstance()).build());
      assertThat(host.id()).isEmpty();
    }
  }

  static class Careful {
    @RegisterExtension
    static final VirtrigExtension VIRTRIG =
        VirtrigExtension.ofHost(
                "{\"devices\": [{\"name\": \"nic0\", \"bdf\": \"0000:01:00.0\", \"group\": 7}]}")
            .failingOnLeaks();

    @Test
    void leavesAFile(VirtrigHost host) {
      host.call(open("/dev/vfio/7"));
    }

    @Test
    void leavesMemory(VirtrigHost host) {
      host.call(Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(8192)).build());
    }

    @Test
    void closes(VirtrigHost host) {
      host.call(open("/dev/vfio/7"));
      host.call(Operation.newBuilder().setClose(CloseRequest.newBuilder().setTargetFd(3)).build());
    }

    @Test
    void exits(VirtrigHost host) {
      host.call(open("/dev/vfio/7"));
      host.call(Operation.newBuilder().setExit(ExitRequest.getDefaultInstance()).build());
    }
  }

  @Test
  void everyTestHasAHostOfItsOwn() {
    Plain.HOSTS.clear();
    Run run = run(Plain.class, "embedded");
    assertThat(run.outcomes).containsEntry("first", "").containsEntry("second", "");
    assertThat(Plain.HOSTS).doesNotHaveDuplicates().hasSize(2);
  }

  @Test
  void theHostsEventsAndStateAreInTheReportOfATestThatFails() {
    Run run = run(Plain.class, "embedded");
    assertThat(run.outcomes.get("fails")).contains("Expecting");
    assertThat(run.reports.get("fails"))
        .contains("process_exit pid 1")
        .contains("virtrig.trace=1  mmap(")
        .contains("\n1  KVM_CREATE_VM(4, {\"value\":0}) = 5\n")
        .contains("virtrig.state")
        .contains("machine");
    assertThat(run.reports).doesNotContainKey("first");
  }

  @Test
  void whoAsksForItFailsWhenSomethingIsLeft() {
    Run run = run(Careful.class, "embedded");
    assertThat(run.outcomes.get("leavesAFile")).contains("pid 1: fd 3").contains("is open");
    assertThat(run.outcomes.get("leavesMemory")).contains("is mapped");
    assertThat(run.outcomes).containsEntry("closes", "").containsEntry("exits", "");
    assertThat(run.reports.get("leavesAFile")).contains("virtrig.state");
  }

  @Test
  void aDaemonThatRunsAlreadyServesAndStaysUp() throws Exception {
    try (DaemonTarget.Opened running = DaemonTarget.open("embedded", Map.of())) {
      Run run = run(Plain.class, running.target());
      assertThat(run.outcomes).containsEntry("first", "");
      try (VirtrigClient client = VirtrigClient.connect(running.target())) {
        assertThat(client.listHosts()).isEmpty();
      }
    }
  }

  @Test
  void aDaemonThatRunsIsShownTheTokenThatAParameterNames() throws Exception {
    try (DaemonTarget.Opened running = DaemonTarget.open("embedded", Map.of())) {
      Run run =
          run(Plain.class, running.target(), Map.of("virtrig.token-file", "/nowhere/lab.token"));
      assertThat(run.outcomes.get("first")).contains("UNAUTHENTICATED", "/nowhere/lab.token");
    }
    Map<String, String> token = Map.of(Credentials.TOKEN, "abc");
    assertThat(DaemonTarget.open("127.0.0.1:7473", token).credentials())
        .hasToString("plaintext, a token");
  }

  private static Operation open(String path) {
    return Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)).build();
  }

  /** What became of each test: the message of its failure or nothing, and what it reported. */
  static final class Run implements TestExecutionListener {
    final Map<String, String> outcomes = new TreeMap<>();
    final Map<String, String> reports = new TreeMap<>();

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      outcomes.put(
          name(test), result.getThrowable().map(thrown -> thrown.getMessage() + "").orElse(""));
    }

    @Override
    public void reportingEntryPublished(TestIdentifier test, ReportEntry entry) {
      reports.merge(name(test), entry.getKeyValuePairs().toString(), String::concat);
    }

    private static String name(TestIdentifier test) {
      return test.getDisplayName().replaceFirst("\\(.*", "");
    }
  }

  static Run run(Class<?> tests, String target) {
    return run(tests, target, Map.of());
  }

  private static Run run(Class<?> tests, String target, Map<String, String> parameters) {
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(tests))
            .configurationParameter("virtrig.target", target)
            .configurationParameters(parameters)
            .build();
    Run run = new Run();
    LauncherFactory.create().execute(request, run);
    return run;
  }
}
