package io.virtrig.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.virtrig.v1.Errno;
import io.virtrig.v1.HwDmaReadResponse;
import io.virtrig.v1.OpenResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class CommandLineTest {

  private final Deque<Operation> operations = new ArrayDeque<>();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final FakeDaemon daemon;
  @TempDir private Path folder = Path.of("");

  CommandLineTest() throws IOException {
    daemon = FakeDaemon.onPort(this::answer);
  }

  @AfterEach
  void stop() {
    daemon.close();
  }

  private Result answer(Operation operation) {
    operations.add(operation);
    Result.Builder result = Result.newBuilder();
    switch (operation.getOpCase()) {
      case OPEN -> result.setOpen(OpenResponse.newBuilder().setRet(3));
      case HW_DMA_READ -> {
        result.setErrno(Errno.newBuilder().setName("EFAULT").setCheck("no bus master"));
        HwDmaReadResponse.Builder response = HwDmaReadResponse.newBuilder();
        response.getFaultBuilder().setReason("not_bus_master");
        result.setHwDmaRead(response);
      }
      case CLOSE ->
          result.setErrno(Errno.newBuilder().setName("EBADF").setCheck("fd 9 is not open"));
      case READ ->
          result.setRefusal(
              Refusal.newBuilder().setCode(Refusal.Code.CODE_UNIMPLEMENTED).setReason("not yet"));
      case LOAD ->
          result.setRefusal(
              Refusal.newBuilder().setCode(Refusal.Code.CODE_NOT_FOUND).setReason("no pid 9"));
      default -> throw new StatusRuntimeException(io.grpc.Status.DEADLINE_EXCEEDED);
    }
    return result.build();
  }

  /** Executes a command against the fake daemon. */
  private int virtrig(String... arguments) {
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + 2);
    all[arguments.length] = "--target";
    all[arguments.length + 1] = daemon.target();
    return plain(all);
  }

  private int plain(String... arguments) {
    CommandLine command = Main.commandLine(arguments);
    return command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(arguments);
  }

  @Test
  void aHostIsCreatedListedDescribedAndDeleted() throws IOException {
    Path spec =
        Files.writeString(
            folder.resolve("spec.json"), "{\"arch\":\"s390x\",\"iommu\":{\"cap_reg\":\"0xff\"}}");
    assertThat(virtrig("host", "create", "--id", "rig", "--file", spec.toString())).isZero();
    assertThat(out).hasToString("rig\n");
    assertThat(daemon.hosts().values())
        .extracting(host -> host.getIommu().getCapReg())
        .containsExactly(0xffL);
    assertThat(virtrig("host", "list")).isZero();
    assertThat(out.toString()).contains("ID   ARCH ").contains("rig  s390x");
    assertThat(virtrig("host", "describe", "rig")).isZero();
    assertThat(out.toString())
        .contains("state hash  c0ffee")
        .contains("├─ process 1\n│  └─ fd 3  path=/dev/kvm\n└─ fd 3");
    assertThat(virtrig("host", "delete", "rig")).isZero();
    assertThat(daemon.hosts()).isEmpty();
  }

  @Test
  void severalHostsAreCreatedAndDeletedTogether() {
    assertThat(virtrig("host", "create", "--id", "rig", "--count", "3", "--lease", "1m")).isZero();
    assertThat(out).hasToString("rig-1\nrig-2\nrig-3\n");
    assertThat(virtrig("host", "create", "--count", "2")).isZero();
    assertThat(daemon.hosts()).hasSize(5);
    assertThat(virtrig("host", "delete", "rig-1", "nobody")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(daemon.hosts()).hasSize(5);
    assertThat(virtrig("host", "delete", "rig-1", "rig-2", "rig-3")).isZero();
    assertThat(daemon.hosts()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1001", "2147483647"})
  void aNumberOfHostsThatIsNoneIsRefused(String count) {
    assertThat(virtrig("host", "create", "--count", count)).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("--count: " + count + " is not from 1 to 1000");
    assertThat(daemon.created()).isZero();
  }

  @Test
  void aHostIsDrawnOnTheTerminalAndIntoAFile() throws IOException {
    daemon.hosts().put("rig", io.virtrig.v1.HostSpec.getDefaultInstance());
    assertThat(virtrig("host", "graph", "rig")).isZero();
    assertThat(out.toString()).startsWith("hosts/rig").contains("process 1");
    Path svg = folder.resolve("rig.svg");
    assertThat(virtrig("host", "graph", "rig", "-o", "svg", "--file", svg.toString())).isZero();
    assertThat(svg).content().startsWith("<?xml").contains("process 1");
    assertThat(virtrig("host", "graph", "rig", "-o", "dot")).isZero();
    assertThat(out.toString()).contains("digraph host {");
    assertThat(virtrig("host", "graph", "nobody")).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void describeShowsThePictureBeforeTheState() {
    daemon.hosts().put("rig", io.virtrig.v1.HostSpec.getDefaultInstance());
    assertThat(virtrig("host", "describe", "rig")).isZero();
    String text = out.toString();
    assertThat(text.indexOf("\nprocess 1\n")).isPositive().isLessThan(text.indexOf("├─ process 1"));
  }

  @Test
  void jsonOutputIsTheApisMessage() {
    assertThat(virtrig("host", "create", "--id", "rig", "-o", "json")).isZero();
    assertThat(out.toString()).contains("\"name\": \"hosts/rig\"").contains("\"operations\": 3");
  }

  @Test
  void whatIsNotThereExitsWith4() {
    assertThat(virtrig("host", "delete", "nobody")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(err.toString()).contains("no host is called nobody");
    assertThat(virtrig("host", "describe", "nobody")).isEqualTo(4);
    assertThat(virtrig("call", "nobody", "open", "{}")).isEqualTo(4);
  }

  @Test
  void callPrintsTheResponse() {
    daemon.hosts().put("rig", io.virtrig.v1.HostSpec.getDefaultInstance());
    assertThat(virtrig("call", "rig", "open", "{\"path\":\"/dev/kvm\"}", "--pid", "2")).isZero();
    assertThat(out).hasToString("{\n  \"ret\": 3\n}\n");
    assertThat(operations.getLast().getOpen().getPid()).isEqualTo(2);
  }

  @Test
  void anErrnoExitsWith3AndSaysWhy() {
    daemon.hosts().put("rig", io.virtrig.v1.HostSpec.getDefaultInstance());
    assertThat(virtrig("call", "rig", "close", "--on", "9")).isEqualTo(ExitCode.ERRNO);
    assertThat(out.toString()).isEmpty();
    assertThat(err).hasToString("EBADF: fd 9 is not open\n");
    assertThat(operations.getLast().getClose().getTargetFd()).isEqualTo(9);
  }

  @Test
  void whatTheKernelWroteBackIsShownBesideTheErrno() {
    daemon.hosts().put("rig", io.virtrig.v1.HostSpec.getDefaultInstance());
    assertThat(
            virtrig(
                "call", "rig", "hw.dma_read", "{\"iova\":\"0x10\",\"length\":4}", "--on", "edu0"))
        .isEqualTo(3);
    assertThat(out.toString()).contains("\"reason\": \"not_bus_master\"");
    assertThat(operations.getLast().getHwDmaRead().getDevice()).isEqualTo("edu0");
  }

  @Test
  void refusalsOfTheSimulatorAreNotErrnos() {
    daemon.hosts().put("rig", io.virtrig.v1.HostSpec.getDefaultInstance());
    assertThat(virtrig("call", "rig", "read", "--on", "3")).isEqualTo(ExitCode.FAILURE);
    assertThat(virtrig("call", "rig", "load", "{}", "--pid", "9")).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(err.toString()).contains("not yet").contains("no pid 9");
  }

  @Test
  void aDeadlineExitsWith124() {
    daemon.hosts().put("rig", io.virtrig.v1.HostSpec.getDefaultInstance());
    assertThat(virtrig("call", "rig", "exit")).isEqualTo(ExitCode.DEADLINE);
  }

  @Test
  void noDaemonExitsWith1AndSaysHowToStartOne() {
    daemon.close();
    assertThat(virtrig("host", "list")).isEqualTo(ExitCode.FAILURE);
    assertThat(err.toString()).contains("cannot be reached").contains("virtrig daemon");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bogus",
        "host",
        "host bogus",
        "host list -o xml",
        "host list --deadline soon",
        "call rig",
        "call rig open {",
        "call rig open []",
        "call rig reopen",
        "call rig open {\"paht\":1}",
        "call rig close --on kvm",
        "call rig open --on 3",
        "conformance run",
        "conformance run /no/such/file",
        "conformance run . --jobs 0",
        "conformance run . --filter (",
        "host create --file /no/such/file",
      })
  void aWrongCommandLineExitsWith2(String line) {
    assertThat(plain(line.split(" ", -1))).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).isNotBlank();
    assertThat(operations).isEmpty();
  }

  @Test
  void eventsAreReadPageByPage() {
    assertThat(virtrig("events", "rig", "--after", "10")).isZero();
    assertThat(out.toString().lines()).hasSize(1 + 2490);
    assertThat(out.toString().lines().skip(1).findFirst().orElseThrow())
        .startsWith("11 ")
        .contains("dma_fault");
  }

  @Test
  void everyCommandHelpsAndNamesTheExitCodes() {
    assertThat(plain("--help")).isZero();
    assertThat(out.toString())
        .contains("conformance")
        .contains("124")
        .doesNotContain("generate-completion");
    assertThat(plain("conformance", "run", "--help")).isZero();
    assertThat(out.toString()).contains("--allow-unsupported");
    assertThat(plain("generate-completion")).isZero();
    assertThat(out.toString()).contains("complete -F");
    assertThat(plain("--version")).isZero();
  }

  private Path cases(String expected, String... more) throws IOException {
    String open =
        "{\"id\":\"a-1\",\"steps\":[{\"do\":\"open\",\"arg\":{\"path\":\"/x\"},\"expect\":"
            + expected
            + "}]}";
    return Files.writeString(folder.resolve("cases.jsonl"), open + "\n" + String.join("\n", more));
  }

  @Test
  void conformanceExitsWith0OnlyWhenAllPassed() throws IOException {
    assertThat(virtrig("conformance", "run", cases("{\"ret\":3}").toString())).isZero();
    assertThat(virtrig("conformance", "run", cases("{\"ret\":4}").toString())).isEqualTo(1);
    assertThat(out.toString()).contains("  - ret: expected 4\n  + ret: got 3\n");
    String mixed = cases("{\"ret\":3}", "{\"id\":\"vector-1\"}").toString();
    assertThat(virtrig("conformance", "run", mixed)).isEqualTo(1);
    assertThat(virtrig("conformance", "run", mixed, "--allow-unsupported")).isZero();
    assertThat(virtrig("conformance", "run", mixed, "--filter", "^a-")).isZero();
    assertThat(virtrig("conformance", "run", mixed, "--filter", "^nothing"))
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void conformanceWritesItsReports() throws IOException {
    Path json = folder.resolve("report.json");
    Path junit = folder.resolve("report.xml");
    String file = cases("{\"ret\":4}").toString();
    assertThat(
            virtrig(
                "conformance",
                "run",
                file,
                "-q",
                "--json",
                json.toString(),
                "--junit",
                junit.toString()))
        .isEqualTo(1);
    assertThat(out).hasToString("0 passed, 1 failed, 0 unsupported\n");
    assertThat(json).content().contains("\"failing\": [\n    \"a-1\"\n  ]");
    assertThat(junit).content().contains("<failure");
  }

  @Test
  void theDemoFailsWhenAnAnswerIsNotAsTold() {
    assertThat(virtrig("demo")).isEqualTo(ExitCode.FAILURE);
    assertThat(out.toString())
        .contains("container = open(path=/dev/vfio/vfio)")
        .contains("→ OK {ret:3}");
    assertThat(daemon.hosts()).isEmpty();
  }
}
