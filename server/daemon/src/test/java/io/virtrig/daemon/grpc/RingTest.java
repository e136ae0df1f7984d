package io.virtrig.daemon.grpc;

import static io.virtrig.uapi.IoUring.IOSQE_ASYNC;
import static io.virtrig.uapi.IoUring.IOSQE_CQE_SKIP_SUCCESS;
import static io.virtrig.uapi.IoUring.IOSQE_IO_DRAIN;
import static io.virtrig.uapi.IoUring.IOSQE_IO_HARDLINK;
import static io.virtrig.uapi.IoUring.IOSQE_IO_LINK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.virtrig.uapi.Vfio;
import io.virtrig.v1.Completion;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingResponse;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.Substitution;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioGroupGetDeviceFdRequest;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioSetIommuRequest;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RingTest {
  private static final String BDF = "0000:00:02.0";
  private static final HostSpec SPEC =
      HostSpec.newBuilder()
          .addDevices(DeviceSpec.newBuilder().setBdf(BDF).setGroup(7).setMsix(2))
          .build();

  private ServedDaemon daemon;
  private OpenRing ring;

  @BeforeEach
  void start() throws IOException {
    daemon = new ServedDaemon();
    for (String id : new String[] {"a", "b"}) {
      daemon.hosts().createHost(CreateHostRequest.newBuilder().setHostId(id).setSpec(SPEC).build());
    }
    ring = new OpenRing(daemon);
  }

  @AfterEach
  void stop() {
    ring.close();
    daemon.close();
  }

  @Test
  void aWholeSetUpIsOneRoundTrip() throws Exception {
    List<Completion> done =
        ring.run(
            "a",
            open("/dev/vfio/vfio").setFlags(IOSQE_IO_LINK).build(),
            open("/dev/vfio/7").setFlags(IOSQE_IO_LINK).build(),
            entry(
                    Operation.newBuilder()
                        .setVfioGroupSetContainer(
                            VfioGroupSetContainerRequest.getDefaultInstance()))
                .addSubstitutions(answer("target_fd", 1))
                .addSubstitutions(answer("value", 0))
                .setFlags(IOSQE_IO_LINK)
                .build(),
            entry(
                    Operation.newBuilder()
                        .setVfioSetIommu(
                            VfioSetIommuRequest.newBuilder().setValue(Vfio.VFIO_TYPE1v2_IOMMU)))
                .addSubstitutions(answer("target_fd", 0))
                .setFlags(IOSQE_IO_LINK)
                .build(),
            entry(
                    Operation.newBuilder()
                        .setVfioGroupGetDeviceFd(
                            VfioGroupGetDeviceFdRequest.newBuilder().setName(BDF)))
                .addSubstitutions(answer("target_fd", 1))
                .setFlags(IOSQE_IO_LINK)
                .build(),
            entry(Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(8192)))
                .setFlags(IOSQE_IO_LINK)
                .build(),
            entry(
                    Operation.newBuilder()
                        .setVfioIommuMapDma(
                            VfioIommuMapDmaRequest.newBuilder()
                                .setFlags(Vfio.VFIO_DMA_MAP_FLAG_READ)
                                .setSize(4096)))
                .addSubstitutions(answer("target_fd", 0))
                .addSubstitutions(answer("vaddr", 5).setPlus(4096))
                .setFlags(IOSQE_IO_LINK)
                .build(),
            eventfd().setFlags(IOSQE_IO_LINK).build(),
            entry(
                    Operation.newBuilder()
                        .setVfioDeviceSetIrqs(
                            VfioDeviceSetIrqsRequest.newBuilder()
                                .setFlags(
                                    Vfio.VFIO_IRQ_SET_DATA_EVENTFD
                                        | Vfio.VFIO_IRQ_SET_ACTION_TRIGGER)
                                .setIndex(Vfio.VFIO_PCI_MSIX_IRQ_INDEX)
                                .setCount(2)
                                .addData(-1)
                                .addData(-1)))
                .addSubstitutions(answer("target_fd", 4))
                .addSubstitutions(answer("data[1]", 7))
                .build());
    assertThat(done).hasSize(9).allMatch(c -> succeeded(c.getResult()));
    assertThat(done).extracting(c -> c.getResult().getResponseCase().getNumber()).doesNotContain(0);
  }

  @Test
  void aFailureEndsItsChainAndNoOther() throws Exception {
    List<Completion> done =
        ring.run(
            "a",
            open("/dev/absent").setUserData(10).setFlags(IOSQE_IO_LINK).build(),
            eventfd().setUserData(11).setFlags(IOSQE_IO_LINK).build(),
            eventfd().setUserData(12).build(),
            eventfd().setUserData(13).build(),
            open("/dev/absent").setUserData(14).setFlags(IOSQE_IO_HARDLINK).build(),
            eventfd().setUserData(15).build());
    assertThat(done)
        .extracting(Completion::getUserData)
        .containsExactly(10L, 11L, 12L, 13L, 14L, 15L);
    assertThat(errno(done, 0)).isEqualTo("ENOENT");
    assertThat(refusal(done, 1).getCode()).isEqualTo(Refusal.Code.CODE_CANCELLED);
    assertThat(refusal(done, 2).getReason()).contains("entry 0").contains("not executed");
    assertThat(succeeded(done.get(3).getResult())).isTrue();
    assertThat(errno(done, 4)).isEqualTo("ENOENT");
    assertThat(succeeded(done.get(5).getResult())).isTrue();
    // The fds show that nothing cancelled was executed.
    assertThat(done.get(3).getResult().getEventfd().getRet()).isEqualTo(3);
    assertThat(done.get(5).getResult().getEventfd().getRet()).isEqualTo(4);
  }

  @Test
  void whatSucceedsQuietlyIsNotAnswered() throws Exception {
    List<Completion> done =
        ring.run(
            "a",
            eventfd().setUserData(1).setFlags(IOSQE_CQE_SKIP_SUCCESS).build(),
            open("/dev/absent").setUserData(2).setFlags(IOSQE_CQE_SKIP_SUCCESS).build(),
            eventfd().setUserData(3).setFlags(IOSQE_CQE_SKIP_SUCCESS | IOSQE_IO_DRAIN).build());
    assertThat(done).extracting(Completion::getUserData).containsExactly(2L);
    assertThat(ring.run("a", eventfd().setFlags(IOSQE_CQE_SKIP_SUCCESS).build())).isEmpty();
  }

  @Test
  void oneBatchDrivesSeveralHosts() throws Exception {
    List<Completion> done =
        ring.run(
            "a",
            eventfd().build(),
            eventfd().setHost("b").build(),
            eventfd().setHost("hosts/a").build(),
            eventfd().setHost("nobody").setFlags(IOSQE_IO_LINK).build(),
            eventfd().build(),
            eventfd().build());
    assertThat(done.get(0).getResult().getEventfd().getRet()).isEqualTo(3);
    assertThat(done.get(1).getResult().getEventfd().getRet()).isEqualTo(3);
    assertThat(done.get(2).getResult().getEventfd().getRet()).isEqualTo(4);
    assertThat(refusal(done, 3).getCode()).isEqualTo(Refusal.Code.CODE_NOT_FOUND);
    assertThat(refusal(done, 3).getField()).isEqualTo("host");
    assertThat(refusal(done, 4).getCode()).isEqualTo(Refusal.Code.CODE_CANCELLED);
    assertThat(done.get(5).getResult().getEventfd().getRet()).isEqualTo(5);
    assertThat(refusal(ring.run("", eventfd().build()), 0).getReason()).contains("no host");
  }

  @Test
  void whatCannotBeFilledInIsRefusedByName() throws Exception {
    SubmissionEntry.Builder get =
        entry(
            Operation.newBuilder()
                .setVfioSetIommu(VfioSetIommuRequest.newBuilder().setTargetFd(99)));
    List<Completion> done =
        ring.run(
            "a",
            open("/dev/absent").build(),
            eventfd().build(),
            get.clone().addSubstitutions(answer("target_fd", 0)).build(),
            get.clone().addSubstitutions(answer("target_fd", 4)).build(),
            get.clone().addSubstitutions(answer("target_fd", -1)).build(),
            get.clone().addSubstitutions(answer("fd", 1)).build(),
            get.clone().addSubstitutions(answer("target_fd[0]", 1)).build(),
            get.clone().addSubstitutions(answer("target_fd.x", 1)).build(),
            get.clone().addSubstitutions(answer("Target", 1)).build(),
            get.clone().addSubstitutions(answer("host", 1)).build(),
            get.clone().addSubstitutions(answer("target_fd", 1).setValue("nothing")).build(),
            get.clone()
                .addSubstitutions(Substitution.newBuilder().setField("value").setArgument("x"))
                .build(),
            get.clone().addSubstitutions(Substitution.newBuilder().setField("value")).build(),
            get.clone().setFlags(IOSQE_ASYNC).addSubstitutions(answer("fd", 1)).build());
    assertThat(refusal(done, 2).getCode()).isEqualTo(Refusal.Code.CODE_CANCELLED);
    String[] reasons = {
      "entry 4 does not come before",
      "entry 4294967295 does not come before",
      "has no \"fd\"",
      "is not repeated",
      "has no fields",
      "no path",
      "takes text",
      "has no \"nothing\"",
      "no argument \"x\"",
      "neither"
    };
    for (int i = 0; i < reasons.length; i++) {
      Refusal refusal = refusal(done, 3 + i);
      assertThat(refusal.getReason()).contains(reasons[i]);
      assertThat(refusal.getField()).isEqualTo("substitutions[0]");
      assertThat(refusal.getOperation()).isEqualTo("VFIO_SET_IOMMU");
    }
    // Flags come first.
    assertThat(refusal(done, 13).getField()).isEqualTo("flags");
  }

  @Test
  void aClientThatDoesNotReadIsNotReadEither() throws Exception {
    int batches = 64;
    long address =
        ring.run(
                "a",
                entry(Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(1 << 20)))
                    .build())
            .get(0)
            .getResult()
            .getMmap()
            .getRet();
    long before = operations();
    for (int i = 0; i < batches; i++) {
      ring.send(
          RingRequest.newBuilder()
              .setHost("a")
              .addEntries(
                  entry(
                      Operation.newBuilder()
                          .setLoad(LoadRequest.newBuilder().setAddr(address).setLength(1 << 20))))
              .build());
    }
    await().until(() -> operations() > before);
    Set<Long> seen = new TreeSet<>();
    for (int i = 0; i < 200; i++) {
      seen.add(operations() - before);
    }
    assertThat(seen).allMatch(executed -> executed < batches / 4);
    for (int i = 0; i < batches; i++) {
      RingResponse answer = ring.next();
      assertThat(answer.getBatch()).isEqualTo(i + 2L);
      assertThat(answer.getCompletions(0).getResult().getLoad().getBytes().size())
          .isEqualTo(1 << 20);
    }
    assertThat(operations()).isEqualTo(before + batches);
  }

  @Test
  void aLargeBatchIsAnsweredInParts() throws Exception {
    long address =
        ring.run(
                "a",
                entry(Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(1 << 20)))
                    .build())
            .get(0)
            .getResult()
            .getMmap()
            .getRet();
    RingRequest.Builder loads = RingRequest.newBuilder().setHost("a");
    for (int i = 0; i < 40; i++) {
      loads.addEntries(
          entry(
                  Operation.newBuilder()
                      .setLoad(LoadRequest.newBuilder().setAddr(address).setLength(1 << 20)))
              .setUserData(i));
    }
    ring.send(loads.build());
    RingResponse first = ring.next();
    assertThat(first.getLast()).isFalse();
    assertThat(first.getCompletionsCount()).isLessThan(40);
    List<Completion> rest = ring.completions();
    assertThat(first.getCompletionsCount() + rest.size()).isEqualTo(40);
    assertThat(rest.getLast().getUserData()).isEqualTo(39);
  }

  @Test
  void theStreamEndsWhenItsClientHasNothingMore() throws Exception {
    ring.run("a", eventfd().build());
    ring.halfClose();
    assertThat(ring.closed().getCode()).isEqualTo(Status.Code.OK);
  }

  @Test
  void aBatchOfTooManyEndsTheStream() throws Exception {
    RingRequest.Builder batch = RingRequest.newBuilder().setHost("a");
    for (int i = 0; i < 1025; i++) {
      batch.addEntries(eventfd());
    }
    ring.send(batch.build());
    Status status = ring.closed();
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("1024");
    assertThat(operations()).isZero();
  }

  private long operations() {
    // The process that a host begins with is no operation of a client.
    return daemon
        .hosts()
        .getHost(GetHostRequest.newBuilder().setName("a").build())
        .getHost()
        .getOperations();
  }

  private static SubmissionEntry.Builder entry(Operation.Builder operation) {
    return SubmissionEntry.newBuilder().setOperation(operation);
  }

  private static SubmissionEntry.Builder open(String path) {
    return entry(Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)));
  }

  private static SubmissionEntry.Builder eventfd() {
    return entry(Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance()));
  }

  private static Substitution.Builder answer(String field, int entry) {
    return Substitution.newBuilder().setField(field).setEntry(entry);
  }

  private static boolean succeeded(Result result) {
    return !result.hasErrno() && !result.hasRefusal();
  }

  private static String errno(List<Completion> done, int position) {
    return done.get(position).getResult().getErrno().getName();
  }

  private static Refusal refusal(List<Completion> done, int position) {
    assertThat(done.get(position).getResult().hasRefusal()).as("%s", done.get(position)).isTrue();
    return done.get(position).getResult().getRefusal();
  }
}
