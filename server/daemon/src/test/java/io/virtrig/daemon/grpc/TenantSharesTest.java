package io.virtrig.daemon.grpc;

import static io.virtrig.uapi.IoUring.IOSQE_CQE_SKIP_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.CreateProgramRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.ListHostsResponse;
import io.virtrig.v1.MunmapRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Program;
import io.virtrig.v1.ProgramServiceGrpc;
import io.virtrig.v1.RunProgramRequest;
import io.virtrig.v1.RunProgramResponse;
import io.virtrig.v1.SubmissionEntry;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tenant whose calls come behind those of one that floods the daemon, on the same connection, so
 * that nothing but the shares can put them first. What is counted is answers, not time.
 */
class TenantSharesTest {
  private static final int FLOOD = 400;

  /** Of these there is one of the victim's. */
  private static final int BETWEEN = 20;

  /**
   * In one of them the system may have kept a processor from the worker that has the victim's call.
   */
  private static final int ROUNDS = 5;

  /**
   * Answers are counted as they come, not when one of the client's other threads has a processor.
   */
  private static final Executor IN_ORDER = Runnable::run;

  @TempDir private Path folder;

  @Test
  void whoFloodsTheDaemonWaitsForItself() throws Exception {
    TenantsOnDisk file = new TenantsOnDisk(folder).tenant("flood").tenant("victim").write();
    try (ServedDaemon daemon = new ServedDaemon(file.access())) {
      Channel flood = daemon.channel(TenantsOnDisk.token("flood"));
      Channel victim = daemon.channel(TenantsOnDisk.token("victim"));
      prepare(flood);
      double[] rounds = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        rounds[round] = answeredFirst(flood, victim);
      }
      assertThat(Arrays.stream(rounds).sorted().toArray()[ROUNDS / 2])
          .as(
              "of the flood's calls, answered first of those that were on their way before: usually")
          .isLessThan(0.5);
    }
  }

  /**
   * Of the calls of the flood that were on their way before one of the victim, the part answered
   * before it.
   */
  private static double answeredFirst(Channel flood, Channel victim) throws InterruptedException {
    AtomicInteger flooded = new AtomicInteger();
    int ahead = 0;
    AtomicInteger first = new AtomicInteger();
    CountDownLatch all = new CountDownLatch(FLOOD + FLOOD / BETWEEN);
    for (int i = 1; i <= FLOOD; i++) {
      ProgramServiceGrpc.newStub(flood)
          .withExecutor(IN_ORDER)
          .runProgram(
              run(),
              new Answered<RunProgramResponse>(
                  () -> {
                    flooded.incrementAndGet();
                    all.countDown();
                  }));
      if (i % BETWEEN == 0) {
        int answered = flooded.get();
        ahead += i - answered;
        HostServiceGrpc.newStub(victim)
            .withExecutor(IN_ORDER)
            .listHosts(
                ListHostsRequest.getDefaultInstance(),
                new Answered<ListHostsResponse>(
                    () -> {
                      first.addAndGet(flooded.get() - answered);
                      all.countDown();
                    }));
      }
    }
    assertThat(all.await(60, TimeUnit.SECONDS)).as("all are served").isTrue();
    return (double) first.get() / ahead;
  }

  /** A call of a few bytes that keeps a processor busy. */
  private static void prepare(Channel flood) {
    var _ =
        HostServiceGrpc.newBlockingStub(flood)
            .createHost(CreateHostRequest.newBuilder().setHostId("h").build());
    Program.Builder program = Program.newBuilder().setName("programs/p");
    for (int i = 0; i < 1000; i++) {
      program.addEntries(
          SubmissionEntry.newBuilder()
              .setFlags(IOSQE_CQE_SKIP_SUCCESS)
              .setOperation(
                  Operation.newBuilder()
                      .setMunmap(MunmapRequest.newBuilder().setAddr(0x10000).setLength(0x1000))));
    }
    ProgramServiceGrpc.ProgramServiceBlockingStub programs =
        ProgramServiceGrpc.newBlockingStub(flood);
    var _ = programs.createProgram(CreateProgramRequest.newBuilder().setProgram(program).build());
    assertThat(programs.runProgram(run()).getFailures()).isZero();
  }

  private static RunProgramRequest run() {
    return RunProgramRequest.newBuilder().setName("programs/p").setHost("h").build();
  }

  /** Does something when the answer is there. */
  private record Answered<A>(Runnable then) implements StreamObserver<A> {
    @Override
    public void onNext(A answer) {}

    @Override
    public void onError(Throwable problem) {
      throw new AssertionError(problem);
    }

    @Override
    public void onCompleted() {
      then.run();
    }
  }
}
