package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.v1.ArgumentValue;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.CreateProgramRequest;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.DeleteProgramRequest;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.GetProgramRequest;
import io.virtrig.v1.ListProgramsRequest;
import io.virtrig.v1.ListProgramsResponse;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Parameter;
import io.virtrig.v1.Program;
import io.virtrig.v1.ProgramServiceGrpc;
import io.virtrig.v1.RunProgramRequest;
import io.virtrig.v1.RunProgramResponse;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.Substitution;
import java.io.IOException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ProgramMethodsTest {
  private ServedDaemon daemon;
  private ProgramServiceGrpc.ProgramServiceBlockingStub programs;

  @BeforeEach
  void start() throws IOException {
    daemon = new ServedDaemon();
    programs = ProgramServiceGrpc.newBlockingStub(daemon.channel());
    daemon.hosts().createHost(CreateHostRequest.newBuilder().setHostId("a").build());
    daemon.hosts().createHost(CreateHostRequest.newBuilder().setHostId("b").build());
  }

  @AfterEach
  void stop() {
    daemon.close();
  }

  /** Maps memory and writes text into it, both as told. */
  private static Program.Builder note(String name) {
    return Program.newBuilder()
        .setName(name)
        .addParameters(
            Parameter.newBuilder()
                .setName("length")
                .setDefaultValue(ArgumentValue.newBuilder().setNumber(4096)))
        .addParameters(Parameter.newBuilder().setName("text"))
        .addEntries(
            SubmissionEntry.newBuilder()
                .setOperation(Operation.newBuilder().setMmap(MmapRequest.getDefaultInstance()))
                .addSubstitutions(
                    Substitution.newBuilder().setField("length").setArgument("length")))
        .addEntries(
            SubmissionEntry.newBuilder()
                .setOperation(Operation.newBuilder().setStore(StoreRequest.getDefaultInstance()))
                .addSubstitutions(Substitution.newBuilder().setField("addr").setEntry(0))
                .addSubstitutions(Substitution.newBuilder().setField("bytes").setArgument("text")));
  }

  private Program create(Program.Builder program) {
    return programs
        .createProgram(CreateProgramRequest.newBuilder().setProgram(program).build())
        .getProgram();
  }

  private static ArgumentValue data(String text) {
    return ArgumentValue.newBuilder()
        .setData(com.google.protobuf.ByteString.copyFromUtf8(text))
        .build();
  }

  @Test
  void aProgramIsStoredShownRunAndForgotten() {
    Program stored = create(note("programs/note"));
    assertThat(stored).isEqualTo(note("programs/note").build());
    assertThat(
            programs
                .getProgram(GetProgramRequest.newBuilder().setName("programs/note").build())
                .getProgram())
        .isEqualTo(stored);
    RunProgramResponse done =
        programs.runProgram(
            RunProgramRequest.newBuilder()
                .setName("programs/note")
                .setHost("a")
                .putArguments("text", data("hello"))
                .build());
    assertThat(done.getFailures()).isZero();
    assertThat(done.getCompletionsCount()).isEqualTo(2);
    RunProgramResponse tooLong =
        programs.runProgram(
            RunProgramRequest.newBuilder()
                .setName("programs/note")
                .setHost("b")
                .putArguments("text", data("x".repeat(5000)))
                .build());
    assertThat(tooLong.getFailures()).isEqualTo(1);
    assertThat(tooLong.getCompletions(1).getResult().getErrno().getName()).isEqualTo("EFAULT");
    programs.deleteProgram(DeleteProgramRequest.newBuilder().setName("programs/note").build());
    refused(
        Status.Code.NOT_FOUND,
        "programs/note",
        () -> programs.getProgram(GetProgramRequest.newBuilder().setName("programs/note").build()));
  }

  @Test
  void aProgramOfAHostLivesWithIt() {
    create(note("hosts/a/programs/note"));
    create(note("programs/note"));
    refused(
        Status.Code.ALREADY_EXISTS, "program.name", () -> create(note("hosts/a/programs/note")));
    RunProgramRequest.Builder run =
        RunProgramRequest.newBuilder()
            .setName("hosts/a/programs/note")
            .putArguments("text", data("hello"));
    assertThat(programs.runProgram(run.build()).getFailures()).isZero();
    refused(
        Status.Code.INVALID_ARGUMENT,
        "belongs to",
        () -> programs.runProgram(run.setHost("b").build()));
    assertThat(list("hosts/a", 0, "").getProgramsList())
        .extracting(Program::getName)
        .containsExactly("hosts/a/programs/note");
    daemon.hosts().deleteHost(DeleteHostRequest.newBuilder().setName("a").build());
    daemon.hosts().createHost(CreateHostRequest.newBuilder().setHostId("a").build());
    assertThat(list("hosts/a", 0, "").getProgramsList()).isEmpty();
    refused(Status.Code.NOT_FOUND, "nobody", () -> create(note("hosts/nobody/programs/note")));
  }

  @Test
  void programsAreListedByPage() {
    for (int i = 0; i < 5; i++) {
      create(note("programs/p" + i));
    }
    ListProgramsResponse first = list("", 2, "");
    assertThat(first.getProgramsList())
        .extracting(Program::getName)
        .containsExactly("programs/p0", "programs/p1");
    ListProgramsResponse rest = list("", 3, first.getNextPageToken());
    assertThat(rest.getProgramsCount()).isEqualTo(3);
    assertThat(rest.getNextPageToken()).isEmpty();
    refused(Status.Code.INVALID_ARGUMENT, "parent", () -> list("a", 0, ""));
  }

  @Test
  void aProgramThatCouldNotRunIsNotStored() {
    refused(Status.Code.INVALID_ARGUMENT, "program.name", () -> create(note("Note")));
    refused(
        Status.Code.INVALID_ARGUMENT,
        "program.entries",
        () -> create(Program.newBuilder().setName("programs/x")));
    Program.Builder forward = note("programs/x");
    forward.getEntriesBuilder(1).getSubstitutionsBuilder(0).setEntry(1);
    refused(
        Status.Code.INVALID_ARGUMENT,
        "program.entries[1].substitutions: entry 1 does not come before",
        () -> create(forward));
    Program.Builder undeclared = note("programs/x").removeParameters(1);
    refused(
        Status.Code.INVALID_ARGUMENT,
        "program.entries[1].substitutions: there is no parameter \"text\"",
        () -> create(undeclared));
    Program.Builder elsewhere = note("programs/x");
    elsewhere.getEntriesBuilder(0).setHost("b");
    refused(Status.Code.INVALID_ARGUMENT, "program.entries[0].host", () -> create(elsewhere));
    Program.Builder twice =
        note("programs/x").addParameters(Parameter.newBuilder().setName("text"));
    refused(Status.Code.INVALID_ARGUMENT, "program.parameters", () -> create(twice));
    Program.Builder badPath = note("programs/x");
    badPath.getEntriesBuilder(0).getSubstitutionsBuilder(0).setField("a..b");
    refused(Status.Code.INVALID_ARGUMENT, "no path", () -> create(badPath));
    Program.Builder large = note("programs/x").setDescription("x".repeat(300 << 10));
    refused(Status.Code.INVALID_ARGUMENT, "bytes", () -> create(large));
    assertThat(list("", 0, "").getProgramsList()).isEmpty();
  }

  @Test
  void argumentsAreThoseThatTheProgramHas() {
    create(note("programs/note"));
    RunProgramRequest.Builder run =
        RunProgramRequest.newBuilder().setName("programs/note").setHost("a");
    refused(
        Status.Code.INVALID_ARGUMENT,
        "\"text\" is missing",
        () -> programs.runProgram(run.build()));
    refused(
        Status.Code.INVALID_ARGUMENT,
        "no parameter \"more\"",
        () ->
            programs.runProgram(
                run.clone()
                    .putArguments("text", data("x"))
                    .putArguments("more", data("x"))
                    .build()));
    RunProgramResponse wrongKind =
        programs.runProgram(
            run.clone()
                .putArguments("text", ArgumentValue.newBuilder().setNumber(1).build())
                .build());
    assertThat(wrongKind.getCompletions(1).getResult().getRefusal().getReason())
        .contains("takes bytes");
    refused(
        Status.Code.INVALID_ARGUMENT,
        "names no host",
        () -> programs.runProgram(run.clone().clearHost().build()));
    Program.Builder plain =
        Program.newBuilder()
            .setName("programs/plain")
            .addEntries(
                SubmissionEntry.newBuilder()
                    .setOperation(
                        Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath("/x"))))
            .addEntries(
                SubmissionEntry.newBuilder()
                    .setOperation(
                        Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance())));
    create(plain);
    RunProgramResponse done =
        programs.runProgram(
            RunProgramRequest.newBuilder().setName("programs/plain").setHost("a").build());
    assertThat(done.getFailures()).isEqualTo(1);
    assertThat(done.getCompletions(1).getResult().getEventfd().getRet()).isEqualTo(3);
  }

  private ListProgramsResponse list(String parent, int size, String token) {
    return programs.listPrograms(
        ListProgramsRequest.newBuilder()
            .setParent(parent)
            .setPageSize(size)
            .setPageToken(token)
            .build());
  }

  private static void refused(Status.Code code, String words, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(code);
              assertThat(e.getStatus().getDescription()).contains(words);
            });
  }
}
