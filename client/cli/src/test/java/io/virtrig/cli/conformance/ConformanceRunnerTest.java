package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.virtrig.cli.FakeDaemon;
import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.cli.conformance.Outcome.Passed;
import io.virtrig.cli.conformance.Outcome.Unsupported;
import io.virtrig.client.VirtrigClient;
import io.virtrig.v1.CloseResponse;
import io.virtrig.v1.Errno;
import io.virtrig.v1.KvmCreateDeviceResponse;
import io.virtrig.v1.KvmGetDirtyLogResponse;
import io.virtrig.v1.MmapResponse;
import io.virtrig.v1.OpenResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessResponse;
import io.virtrig.v1.ReadResponse;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ConformanceRunnerTest {

  private final Queue<Operation> operations = new ConcurrentLinkedQueue<>();
  @TempDir private Path folder = Path.of("");
  private FakeDaemon daemon = startDaemon();
  private VirtrigClient client = daemon.client();

  private FakeDaemon startDaemon() {
    try {
      return FakeDaemon.inProcess(this::answer);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void nothingYet() {
    assertThat(daemon.created()).isZero();
  }

  @AfterEach
  void everyHostIsGone() {
    assertThat(daemon.hosts()).isEmpty();
    client.close();
    daemon.close();
  }

  /** A small kernel: fds from 3, files by path, an address, a process. */
  private Result answer(Operation operation) {
    operations.add(operation);
    Result.Builder result = Result.newBuilder();
    switch (operation.getOpCase()) {
      case OPEN -> open(operation.getOpen().getPath(), result);
      case MMAP -> result.setMmap(MmapResponse.newBuilder().setRet(0x7f0000000000L));
      case PROCESS -> result.setProcess(ProcessResponse.newBuilder().setPid(2));
      case READ -> result.setRead(ReadResponse.newBuilder().setRet(8).setValue(5));
      case KVM_CREATE_DEVICE ->
          result.setKvmCreateDevice(KvmCreateDeviceResponse.newBuilder().setFd(9));
      case KVM_GET_DIRTY_LOG -> result.setOpen(OpenResponse.getDefaultInstance());
      case KVM_SET_GSI_ROUTING -> {}
      case HW_FAIL -> throw new io.grpc.StatusRuntimeException(io.grpc.Status.DEADLINE_EXCEEDED);
      case VFIO_DEVICE_RESET ->
          result.setRefusal(
              Refusal.newBuilder()
                  .setCode(Refusal.Code.CODE_UNIMPLEMENTED)
                  .setReason("not simulated"));
      case CLOSE -> result.setClose(CloseResponse.getDefaultInstance());
      default ->
          result.setRefusal(
              Refusal.newBuilder().setCode(Refusal.Code.CODE_NOT_FOUND).setReason("no pid 7"));
    }
    return result.build();
  }

  private static void open(String path, Result.Builder result) {
    if (path.equals("/dev/kvm")) {
      result.setOpen(OpenResponse.newBuilder().setRet(3));
    } else {
      result.setErrno(
          Errno.newBuilder().setName("ENOENT").setNumber(2).setCheck("no file " + path));
    }
  }

  private Report run(String... lines) throws IOException, InterruptedException {
    Path area = Files.createDirectories(folder.resolve("area"));
    Files.write(area.resolve("cases.jsonl"), List.of(lines));
    try (ConformanceRunner runner = ConformanceRunner.over(client, 3)) {
      return runner.run(List.of(folder));
    }
  }

  private Outcome outcome(String steps) throws IOException, InterruptedException {
    return run("{\"id\":\"a-1\",\"title\":\"a title\",\"why\":\"a reason\",\"steps\":["
            + steps
            + "]}")
        .results()
        .getFirst()
        .outcome();
  }

  private Difference onlyDifference(String steps) throws IOException, InterruptedException {
    Outcome outcome = outcome(steps);
    assertThat(outcome).isInstanceOf(Failed.class);
    assertThat(((Failed) outcome).differences()).hasSize(1);
    return ((Failed) outcome).differences().getFirst();
  }

  private static final String ABSENT = "{\"do\":\"open\",\"arg\":{\"path\":\"/x\"}}";
  private static final String FAIL =
      "{\"do\":\"hw.fail\",\"on\":\"edu0\",\"arg\":{\"kind\":\"x\",\"count\":1}}";
  private static final String OPEN =
      "{\"do\":\"open\",\"arg\":{\"path\":\"/dev/kvm\"},\"as\":\"kvm\"}";

  @Test
  void expectationsThatAreMetPass() throws Exception {
    assertThat(
            outcome(
                OPEN
                    + ",{\"do\":\"open\",\"arg\":{\"path\":\"/x\"},\"expect\":{\"errno\":\"ENOENT\"}}"
                    + ",{\"do\":\"open\",\"arg\":{\"path\":\"/x\"},\"expect\":{\"any_errno\":true}}"
                    + ",{\"do\":\"close\",\"on\":\"kvm\",\"expect\":{\"ret\":0,\"errno\":\"OK\"}}"
                    + ",{\"do\":\"open\",\"arg\":{\"path\":\"/dev/kvm\"},\"expect\":{\"ret\":\"$kvm\"}}"
                    + ",{\"do\":\"read\",\"on\":\"kvm\",\"save\":{\"n\":\"value\"},\"expect\":{\"ret\":{\"ge\":1}}}"
                    + ",{\"do\":\"read\",\"on\":\"kvm\",\"expect\":{\"out\":{\"value\":\"$n\"}}}"))
        .isInstanceOf(Passed.class);
  }

  @Test
  void theWrongErrnoFails() throws Exception {
    Difference difference =
        onlyDifference(
            "{\"do\":\"open\",\"arg\":{\"path\":\"/x\"},\"expect\":{\"errno\":\"EPERM\"}}");
    assertThat(difference.what()).isEqualTo("errno");
    assertThat(difference.expected()).isEqualTo("EPERM");
    assertThat(difference.got()).startsWith("ENOENT");
  }

  @Test
  void anErrnoWhereSuccessWasExpectedFails() throws Exception {
    assertThat(onlyDifference("{\"do\":\"open\",\"arg\":{\"path\":\"/x\"}}").expected())
        .isEqualTo("OK");
  }

  @Test
  void successWhereAnErrnoWasExpectedFails() throws Exception {
    String open = "{\"do\":\"open\",\"arg\":{\"path\":\"/dev/kvm\"},\"expect\":";
    assertThat(onlyDifference(open + "{\"errno\":\"EBUSY\"}}").got()).startsWith("OK");
    assertThat(onlyDifference(open + "{\"any_errno\":true}}").expected()).isEqualTo("any errno");
  }

  @Test
  void theWrongReturnValueFails() throws Exception {
    Difference difference =
        onlyDifference("{\"do\":\"open\",\"arg\":{\"path\":\"/dev/kvm\"},\"expect\":{\"ret\":4}}");
    assertThat(difference).isEqualTo(new Difference("ret", "4", "3"));
    assertThat(
            onlyDifference(OPEN + ",{\"do\":\"close\",\"on\":\"kvm\",\"expect\":{\"ret\":1}}")
                .got())
        .isEqualTo("0");
  }

  @Test
  void aWrongOutFieldFails() throws Exception {
    Difference difference =
        onlyDifference(
            OPEN + ",{\"do\":\"read\",\"on\":\"kvm\",\"expect\":{\"out\":{\"value\":6}}}");
    assertThat(difference).isEqualTo(new Difference("out.value", "6", "5"));
  }

  @Test
  void anOutFieldThatTheResponseDoesNotHaveFails() throws Exception {
    assertThat(
            onlyDifference(
                    OPEN + ",{\"do\":\"read\",\"on\":\"kvm\",\"expect\":{\"out\":{\"colour\":1}}}")
                .got())
        .contains("no such field");
  }

  @Test
  void theAnswerOfAnotherOperationOrNoneFails() throws Exception {
    assertThat(onlyDifference(OPEN + ",{\"do\":\"KVM_GET_DIRTY_LOG\",\"on\":\"kvm\"}"))
        .isEqualTo(
            new Difference(
                "answer",
                KvmGetDirtyLogResponse.class.getSimpleName(),
                OpenResponse.class.getSimpleName()));
    assertThat(onlyDifference(OPEN + ",{\"do\":\"KVM_SET_GSI_ROUTING\",\"on\":\"kvm\"}").got())
        .isEqualTo("a result without a response");
  }

  @Test
  void whatTheVocabularyLacksIsUnsupportedAndNoHostIsMade() throws Exception {
    Report report =
        run(
            "{\"id\":\"op\",\"steps\":[" + OPEN + ",{\"do\":\"vmm.dance\"}]}",
            "{\"id\":\"arg\",\"steps\":[{\"do\":\"open\",\"arg\":{\"path\":\"/x\",\"mode\":1}}]}",
            "{\"id\":\"host\",\"host\":{\"devices\":[{\"wheels\":4}]},\"steps\":[]}");
    assertThat(report.unsupported())
        .extracting(entry -> entry.getValue().reason())
        .containsExactly(
            "no operation is called \"vmm.dance\"",
            "mode: OpenRequest has no such field",
            "devices[0].wheels: DeviceSpec has no such field");
    assertThat(daemon.created()).isZero();
  }

  @Test
  void whatTheSimulatorDoesNotDoYetIsUnsupported() throws Exception {
    assertThat(outcome(OPEN + ",{\"do\":\"VFIO_DEVICE_RESET\",\"on\":\"kvm\"}"))
        .isEqualTo(new Unsupported("VFIO_DEVICE_RESET: not simulated"));
    assertThat(run("{\"id\":\"a\",\"host\":{\"arch\":\"vax\"},\"steps\":[]}").unsupported())
        .hasSize(1);
  }

  @Test
  void anyOtherRefusalFails() throws Exception {
    Outcome outcome = outcome("{\"do\":\"munmap\",\"arg\":{\"addr\":0,\"length\":1}}");
    assertThat(outcome).isInstanceOf(Failed.class);
    assertThat(((Failed) outcome).steps().getLast().reason()).isEqualTo("no pid 7");
  }

  @Test
  void aBrokenConnectionFailsTheCaseAndNamesTheStep() throws Exception {
    Outcome outcome = outcome(OPEN + "," + FAIL);
    assertThat(outcome).isInstanceOf(Failed.class);
    assertThat(((Failed) outcome).problem())
        .startsWith("steps 1 to 2, open {\"path\":\"/dev/kvm\"} as kvm and on: ")
        .contains("DEADLINE_EXCEEDED");
    String afterKvm = ",{\"do\":\"close\",\"on\":\"kvm\"}";
    assertThat(((Failed) outcome(OPEN + afterKvm + "," + FAIL)).problem())
        .startsWith("steps 2 to 3");
    assertThat(((Failed) outcome(FAIL)).problem()).startsWith("step 1, hw.fail on edu0 ");
  }

  @Test
  void stepsThatNeedNothingOfEachOtherAreSentTogether() throws Exception {
    assertThat(
            outcome(
                OPEN
                    + ",{\"do\":\"mmap\",\"arg\":{\"length\":8},\"as\":\"ram\"}"
                    + ",{\"do\":\"read\",\"on\":\"kvm\",\"save\":{\"five\":\"value\"}}"
                    + ",{\"do\":\"open\",\"arg\":{\"path\":\"/dev/kvm\"},\"as\":\"kvm\",\"expect\":{\"ret\":3}}"
                    + ",{\"do\":\"mmap\",\"arg\":{\"length\":\"$five+1\"}}"
                    + ",{\"do\":\"close\",\"on\":\"kvm\"}"))
        .isInstanceOf(Passed.class);
    assertThat(daemon.batches()).containsExactly(2, 2, 2);
  }

  @Test
  void whatWasSentTogetherIsShownUpToTheFirstStepThatFailed() throws Exception {
    Outcome outcome = outcome(ABSENT + "," + OPEN + "," + ABSENT);
    assertThat(daemon.batches()).containsExactly(3);
    assertThat(((Failed) outcome).steps()).hasSize(1);
  }

  @Test
  void manyOrLargeOperationsTakeSeveralMessages() throws Exception {
    String large = ABSENT.replace("/x", "/" + "x".repeat(400 << 10));
    assertThat(outcome(String.join(",", Collections.nCopies(5, expectingNone(large)))))
        .isInstanceOf(Passed.class);
    assertThat(daemon.batches()).containsExactly(2, 2, 1);
    assertThat(outcome(String.join(",", Collections.nCopies(70, expectingNone(ABSENT)))))
        .isInstanceOf(Passed.class);
    assertThat(daemon.batches()).containsExactly(2, 2, 1, 64, 6);
  }

  private static String expectingNone(String step) {
    return step.substring(0, step.length() - 1) + ",\"expect\":{\"errno\":\"ENOENT\"}}";
  }

  @Test
  void vectorsAreUnsupportedAndWhatIsNoCaseFails() throws Exception {
    Report report =
        run(
            "# a comment",
            "",
            "{\"id\":\"walk-1\",\"memory\":{}}",
            "{\"id\":\"bad-1\",\"steps\":[{\"do\":\"open\",\"expects\":{}}]}",
            "{\"id\":\"bad-2\",\"steps\":[{\"do\":\"open\",\"expect\":{\"error\":\"ENOENT\"}}]}",
            "{\"id\":\"bad-3\",\"steps\":[{\"do\":\"open\",\"arg\":{\"path\":\"/dev/kvm\"},\"in\":\"nobody\"}]}",
            "{\"id\":\"bad-4\",\"steps\":[{\"do\":\"close\",\"on\":\"nothing\"}]}",
            "not json");
    assertThat(report.counts()).isEqualTo(new Report.Counts(0, 5, 1));
    assertThat(report.unsupported())
        .extracting(entry -> entry.getKey().id())
        .containsExactly("walk-1");
    assertThat(report.failures())
        .extracting(entry -> entry.getValue().problem())
        .satisfiesExactly(
            problem -> assertThat(problem).contains("unknown field \"expects\""),
            problem -> assertThat(problem).contains("unknown field \"error\""),
            problem -> assertThat(problem).contains("no process is called \"nobody\""),
            problem -> assertThat(problem).contains("no object is called \"nothing\""),
            problem -> assertThat(problem).startsWith("not a case"));
    assertThat(report.failures().getLast().getKey().id()).endsWith("cases.jsonl:8");
  }

  @Test
  void namesBecomeTheNumbersThatTheHostGave() throws Exception {
    assertThat(
            outcome(
                "{\"do\":\"process\",\"as\":\"other\"},"
                    + OPEN
                    + ",{\"do\":\"KVM_CREATE_DEVICE\",\"on\":\"kvm\",\"as\":\"dev\"}"
                    + ",{\"do\":\"open\",\"arg\":{\"path\":\"/x\"},\"as\":\"x\",\"expect\":{\"errno\":\"ENOENT\"}}"
                    + ",{\"do\":\"close\",\"on\":\"dev\",\"in\":\"other\"},{\"do\":\"close\",\"on\":\"dev\"}"
                    + ",{\"do\":\"close\",\"on\":\"x\"}"))
        .isInstanceOf(Passed.class);
    assertThat(operations.stream().filter(Operation::hasClose).map(Operation::getClose))
        .extracting(close -> close.getPid() + ":" + close.getTargetFd())
        .containsExactly("2:9", "1:9", "1:-1");
  }

  @Test
  void resultsComeInTheOrderOfTheCasesWhateverRunsFirst() throws Exception {
    String[] lines = new String[50];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = "{\"id\":\"c-" + i + "\",\"steps\":[" + OPEN + "]}";
    }
    assertThat(run(lines).results())
        .extracting(result -> result.name().id())
        .startsWith("c-0", "c-1", "c-2")
        .endsWith("c-49");
    assertThat(daemon.created()).isEqualTo(50);
  }

  private static List<CaseText> texts(int count) {
    List<String> lines = Collections.nCopies(count, "{\"steps\":[" + OPEN + "]}");
    return CaseFiles.texts("area", Path.of("cases.jsonl"), lines);
  }

  @Test
  void casesThatAreBegunBeforeThereIsADaemonWaitForIt() throws Exception {
    try (ConformanceRunner runner = new ConformanceRunner(2)) {
      List<Future<CaseResult>> results = runner.begin(texts(5), result -> {});
      assertThat(daemon.created()).isZero();
      assertThat(results).noneMatch(Future::isDone);
      runner.connect(client);
      assertThat(ConformanceRunner.finished(results).counts())
          .isEqualTo(new Report.Counts(5, 0, 0));
    }
  }

  @Test
  void whereNoDaemonComesCasesDoNotWaitForEver() throws Exception {
    CountDownLatch failed = new CountDownLatch(2);
    ConformanceRunner runner = new ConformanceRunner(2);
    List<Future<CaseResult>> results = runner.begin(texts(5), _ -> failed.countDown());
    runner.close();
    assertThat(failed.getCount()).isZero();
    assertThat(results.getFirst().get().outcome()).isInstanceOf(Failed.class);
    assertThat(results.getLast().isDone()).isFalse();
    runner.close();
  }

  @Test
  void aFailureTellsAllThatIsNeededToFixIt() throws Exception {
    Report report =
        run(
            "{\"id\":\"a-1\",\"title\":\"opening\",\"why\":\"oracle\",\"steps\":["
                + OPEN
                + ",{\"do\":\"open\",\"arg\":{\"path\":\"/x\"},\"expect\":{\"errno\":\"EPERM\"}}]}");
    CaseName name = report.failures().getFirst().getKey();
    assertThat(FailureText.lines(name, report.failures().getFirst().getValue()))
        .containsExactly(
            "FAILED a-1: opening",
            "  why   oracle",
            "  at    " + folder.resolve("area").resolve("cases.jsonl") + ":1",
            "    step 1   open {\"path\":\"/dev/kvm\"} as kvm -> OK {\"ret\":3}",
            "  > step 2   open {\"path\":\"/x\"}",
            "    sent  {\"pid\":1,\"path\":\"/x\"}",
            "  - errno: expected EPERM",
            "  + errno: got ENOENT",
            "  emulator's reason: no file /x");
  }

  private Report mixed() throws IOException, InterruptedException {
    return run(
        "{\"id\":\"good\",\"steps\":[" + OPEN + "]}",
        "{\"id\":\"bad <&>\",\"steps\":[{\"do\":\"open\",\"arg\":{\"path\":\"/\\u0001\"}}]}",
        "{\"id\":\"vector\"}");
  }

  @Test
  void theJsonReportCountsByAreaAndListsIds() throws Exception {
    JsonObject json = JsonParser.parseString(JsonReport.of(mixed())).getAsJsonObject();
    assertThat(json.get("areas").toString())
        .isEqualTo("{\"area\":{\"passed\":1,\"failed\":1,\"unsupported\":1}}");
    assertThat(json.get("failing").toString()).isEqualTo("[\"bad <&>\"]");
    assertThat(json.get("unsupported_ids").toString()).isEqualTo("[\"vector\"]");
    assertThat(json.get("passed").getAsInt()).isEqualTo(1);
  }

  @Test
  void theJunitReportIsXmlWhateverTheCasesHold() throws Exception {
    StringWriter writer = new StringWriter();
    JUnitReport.write(mixed(), writer);
    Document xml =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(writer.toString())));
    assertThat(xml.getElementsByTagName("testcase").getLength()).isEqualTo(3);
    assertThat(xml.getElementsByTagName("skipped").getLength()).isEqualTo(1);
    assertThat(xml.getElementsByTagName("failure").item(0).getTextContent())
        .contains("FAILED bad <&>")
        .contains("ENOENT");
    assertThat(
            xml.getElementsByTagName("testsuite")
                .item(0)
                .getAttributes()
                .getNamedItem("failures")
                .getNodeValue())
        .isEqualTo("1");
  }

  @Test
  void aReportIsCleanOnlyWithoutFailuresAndUnsupportedCases() throws Exception {
    assertThat(run("{\"id\":\"good\",\"steps\":[" + OPEN + "]}").isClean(false)).isTrue();
    Report unsupported = run("{\"id\":\"vector\"}");
    assertThat(unsupported.isClean(false)).isFalse();
    assertThat(unsupported.isClean(true)).isTrue();
    assertThat(mixed().isClean(true)).isFalse();
  }
}
