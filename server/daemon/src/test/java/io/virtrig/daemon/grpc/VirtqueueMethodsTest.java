package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.v1.BatchRunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;
import io.virtrig.v1.VirtqueueDevice;
import io.virtrig.v1.VirtqueueMemory;
import io.virtrig.v1.VirtqueueServiceGrpc;
import io.virtrig.v1.VirtqueueServiceGrpc.VirtqueueServiceBlockingStub;
import io.virtrig.v1.VirtqueueSetup;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class VirtqueueMethodsTest {
  private static final int MOST = 64;
  private static final int MEMORY = 0x4000;

  @AutoClose private final ServedDaemon daemon;
  private final VirtqueueServiceBlockingStub virtqueues;

  VirtqueueMethodsTest() throws IOException {
    daemon = new ServedDaemon();
    virtqueues = VirtqueueServiceGrpc.newBlockingStub(daemon.channel());
  }

  @Test
  void severalDevicesRunAsEachAlone() {
    SplittableRandom random = new SplittableRandom(8);
    List<RunVirtqueuesRequest> requests = Stream.generate(() -> any(random)).limit(MOST).toList();
    List<RunVirtqueuesResponse> alone = requests.stream().map(virtqueues::runVirtqueues).toList();
    assertThat(runAll(requests)).isEqualTo(alone);
    assertThat(alone.stream().distinct()).hasSizeGreaterThan(MOST / 4);
  }

  @Test
  void theFirstThatMakesNoSenseIsNamedAndNoneIsRun() {
    RunVirtqueuesRequest good = any(new SplittableRandom(1));
    RunVirtqueuesRequest odd =
        good.toBuilder().setDevice(good.getDevice().toBuilder().setModel("other")).build();
    RunVirtqueuesRequest twice = good.toBuilder().addMemory(good.getMemory(0)).build();
    StatusRuntimeException refused = refused(List.of(good, twice, odd));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused).hasMessageContaining("requests[1]").hasMessageContaining("overlap");
    assertThat(refused(List.of(odd))).hasMessageContaining("\"other\" is none of");
  }

  @Test
  void noneAndTooManyAreRefused() {
    assertThat(refused(List.of()))
        .hasMessageContaining("requests: 0 devices, where 1 to 64 go together");
    assertThat(refused(Collections.nCopies(MOST + 1, RunVirtqueuesRequest.getDefaultInstance())))
        .hasMessageContaining("requests: 65 devices");
  }

  @Test
  void togetherTheyMayBeNoMoreThanOne() {
    RunVirtqueuesRequest kicked = RunVirtqueuesRequest.newBuilder().addKicks(0).addKicks(0).build();
    assertThat(refused(Collections.nCopies(33, kicked)))
        .hasMessageContaining("requests.kicks: at most 64 kicks in all");
    RunVirtqueuesRequest large = mapping(9L << 20);
    assertThat(refused(List.of(large, large)))
        .hasMessageContaining("requests.memory: at most 16777216 bytes in all");
    assertThat(refused(List.of(mapping(-1), mapping(Long.MAX_VALUE))))
        .hasMessageContaining("requests.memory");
    assertThat(refused(List.of(mapping(-1)))).hasMessageContaining("requests[0]: memory.size");
  }

  private List<RunVirtqueuesResponse> runAll(List<RunVirtqueuesRequest> requests) {
    return virtqueues
        .batchRunVirtqueues(BatchRunVirtqueuesRequest.newBuilder().addAllRequests(requests).build())
        .getRunsList();
  }

  private StatusRuntimeException refused(List<RunVirtqueuesRequest> requests) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> runAll(requests));
  }

  private static RunVirtqueuesRequest mapping(long size) {
    return RunVirtqueuesRequest.newBuilder()
        .setDevice(VirtqueueDevice.newBuilder().setModel("strict").setClass_("blk"))
        .addMemory(VirtqueueMemory.newBuilder().setSize(size).setPerm("rw"))
        .build();
  }

  /** A disk in any state, that starts reading an empty queue anywhere. */
  private static RunVirtqueuesRequest any(SplittableRandom random) {
    RunVirtqueuesRequest.Builder request = mapping(MEMORY).toBuilder();
    request.getDeviceBuilder().setStatus(random.nextInt(16));
    return request
        .addQueues(
            VirtqueueSetup.newBuilder()
                .setNum(8)
                .setDriver(0x1000)
                .setDevice(0x2000)
                .setAvailIndex(random.nextInt(1 << 16)))
        .addKicks(0)
        .build();
  }
}
