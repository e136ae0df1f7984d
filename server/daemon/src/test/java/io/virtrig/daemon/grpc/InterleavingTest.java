package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.Host;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DescribeHostRequest;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioSetIommuRequest;
import io.virtrig.wire.RandomMessages;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** However calls to many hosts interleave, each host answers and ends as if it were alone. */
class InterleavingTest {
  private static final int HOSTS = 12;
  private static final int OPERATIONS = 400;

  private static final HostSpec SPEC =
      HostSpec.newBuilder()
          .setKernel(KernelSpec.newBuilder().setUapi("vsva-v7"))
          .setIommu(IommuSpec.newBuilder().setNesting(true))
          .addDevices(DeviceSpec.newBuilder().setBdf("0000:00:02.0").setGroup(1))
          .build();

  @Test
  void hostsUnderLoadEndAsIfTheyWereAlone() throws Exception {
    try (ServedDaemon daemon = new ServedDaemon();
        ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Void>> loads = new ArrayList<>();
      for (int i = 0; i < HOSTS; i++) {
        String id = "h" + i;
        long seed = i;
        daemon
            .hosts()
            .createHost(CreateHostRequest.newBuilder().setHostId(id).setSpec(SPEC).build());
        loads.add(
            () -> {
              drive(daemon, id, seed);
              return null;
            });
      }
      for (Future<Void> load : callers.invokeAll(loads)) {
        load.get();
      }
    }
  }

  private static void drive(ServedDaemon daemon, String id, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Host alone = new Host(SPEC);
    List<Operation> batch = new ArrayList<>(opening());
    for (int i = 0; i < OPERATIONS; i++) {
      batch.add(RandomMessages.operation(random));
      if (random.nextInt(8) == 0) {
        assertSame(daemon, id, seed, alone, batch);
        batch.clear();
      }
    }
    assertSame(daemon, id, seed, alone, batch);
    String hash =
        daemon
            .hosts()
            .describeHost(DescribeHostRequest.newBuilder().setName(id).build())
            .getStateHash();
    assertThat(hash).as("seed %d", seed).isEqualTo(alone.stateHash());
  }

  /** A container with a nesting back end and memory, so that random operations reach further. */
  private static List<Operation> opening() {
    return List.of(
        Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath("/dev/vfio/vfio")).build(),
        Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath("/dev/vfio/1")).build(),
        Operation.newBuilder()
            .setVfioGroupSetContainer(
                VfioGroupSetContainerRequest.newBuilder().setTargetFd(4).setValue(3))
            .build(),
        Operation.newBuilder()
            .setVfioSetIommu(VfioSetIommuRequest.newBuilder().setTargetFd(3).setValue(6))
            .build(),
        Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(1 << 20)).build(),
        Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath("/dev/kvm")).build());
  }

  private static void assertSame(
      ServedDaemon daemon, String id, long seed, Host alone, List<Operation> batch) {
    List<Result> answers =
        daemon
            .operations()
            .execute(ExecuteRequest.newBuilder().setHost(id).addAllOperations(batch).build())
            .getResultsList();
    for (int i = 0; i < batch.size(); i++) {
      assertThat(answers.get(i))
          .as("seed %d: %s", seed, batch.get(i))
          .isEqualTo(alone.apply(batch.get(i)));
    }
  }
}
