package io.virtrig.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.CreateHostResponse;
import io.virtrig.v1.Errno;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.ExecuteResponse;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.GetHostResponse;
import io.virtrig.v1.Host;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.ListHostsResponse;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.OpenResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIommuMapDmaResponse;
import io.virtrig.v1.VfioServiceGrpc;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

class VirtrigClientTest {

  private static final Errno EEXIST =
      Errno.newBuilder()
          .setName("EEXIST")
          .setNumber(17)
          .setCheck("iova 0x1000 overlaps")
          .setOperation("VFIO_IOMMU_MAP_DMA")
          .build();

  private final List<CreateHostRequest> created = new ArrayList<>();
  private final AtomicInteger calls = new AtomicInteger();
  private Status refusal = Status.getDefaultInstance();
  private Server server;
  private VirtrigClient client;

  @BeforeEach
  void start(TestInfo test) throws IOException {
    server = server(test.getDisplayName(), new Hosts(), new Vfio(), new Operations());
    ManagedChannel channel =
        InProcessChannelBuilder.forName(test.getDisplayName())
            .directExecutor()
            .defaultServiceConfig(RetryPolicy.serviceConfig())
            .enableRetry()
            .build();
    client = VirtrigClient.over(channel, Duration.ofSeconds(7));
  }

  private static Server server(String name, BindableService... services) throws IOException {
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name).directExecutor();
    for (BindableService service : services) {
      builder.addService(service);
    }
    return builder.build().start();
  }

  @AfterEach
  void stop() {
    client.close();
    server.shutdownNow();
  }

  @Test
  void everyHostIsAskedForWithARequestIdOfItsOwn() {
    assertThat(client.createHost("rig", HostSpec.newBuilder().setArch("s390x").build()).id())
        .isEqualTo("rig");
    assertThat(client.createHost(HostSpec.getDefaultInstance()).id()).isEqualTo("chosen");
    assertThat(created.get(0).getSpec().getArch()).isEqualTo("s390x");
    assertThat(created)
        .extracting(CreateHostRequest::getRequestId)
        .doesNotContain("")
        .doesNotHaveDuplicates();
  }

  @Test
  void listingFollowsThePages() {
    assertThat(client.listHosts())
        .extracting(Host::getName)
        .containsExactly("hosts/a", "hosts/b", "hosts/c");
  }

  @Test
  void everyCallHasTheDeadline() {
    assertThat(client.host("deadline").get().getOperations()).isBetween(1L, 7000L);
  }

  @Test
  void theKernelsErrnoComesOutOfAStatus() {
    refusal =
        Status.newBuilder()
            .setCode(6)
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder().setDomain("kernel.virtrig").setReason("EEXIST").build()))
            .addDetails(Any.pack(EEXIST))
            .build();
    assertThatThrownBy(() -> mapDma())
        .isInstanceOfSatisfying(
            ErrnoException.class,
            e -> {
              assertThat(e.name()).isEqualTo("EEXIST");
              assertThat(e.number()).isEqualTo(17);
              assertThat(e.check()).isEqualTo("iova 0x1000 overlaps");
              assertThat(e.operation()).isEqualTo("VFIO_IOMMU_MAP_DMA");
            })
        .hasMessage("VFIO_IOMMU_MAP_DMA: EEXIST: iova 0x1000 overlaps")
        .hasCauseInstanceOf(StatusRuntimeException.class);
  }

  @Test
  void errorInfoAloneIsEnoughToTellWhoAnswered() {
    ErrorInfo info =
        ErrorInfo.newBuilder()
            .setDomain("kernel.virtrig")
            .setReason("ENOTTY")
            .putMetadata("op", "VFIO_IOMMU_MAP_DMA")
            .putMetadata("check", "no such ioctl")
            .build();
    refusal = Status.newBuilder().setCode(3).addDetails(Any.pack(info)).build();
    assertThatThrownBy(() -> mapDma())
        .isInstanceOf(ErrnoException.class)
        .hasMessage("VFIO_IOMMU_MAP_DMA: ENOTTY: no such ioctl");

    refusal =
        Status.newBuilder()
            .setCode(12)
            .setMessage("not simulated")
            .addDetails(Any.pack(info.toBuilder().setDomain("virtrig").build()))
            .build();
    assertThatThrownBy(() -> mapDma())
        .isInstanceOfSatisfying(
            RefusalException.class,
            e -> assertThat(e.code()).isEqualTo(Refusal.Code.CODE_UNIMPLEMENTED))
        .hasMessage("VFIO_IOMMU_MAP_DMA: not simulated");
  }

  @Test
  void theSimulatorsRefusalComesOutOfAStatus() {
    refusal =
        Status.newBuilder()
            .setCode(3)
            .addDetails(
                Any.pack(Refusal.newBuilder().setField("pid").setReason("no process 9").build()))
            .build();
    assertThatThrownBy(() -> mapDma())
        .isInstanceOf(RefusalException.class)
        .hasMessage("pid: no process 9");
  }

  @Test
  void aStatusWithoutOurDetailsStaysWhatItIs() {
    refusal = Status.newBuilder().setCode(8).setMessage("too much").build();
    assertThatThrownBy(() -> mapDma())
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("too much");
  }

  @Test
  void anOperationIsAnsweredWithItsResultOrThrows() {
    VirtrigHost host = client.host("hosts/rig");
    assertThat(host.execute(open("/dev/kvm")).getOpen().getRet()).isEqualTo(3);
    assertThat(host.call(open("/dev/kvm"))).isEqualTo(OpenResponse.newBuilder().setRet(3).build());
    assertThat(host.execute(open("/errno")).getErrno()).isEqualTo(EEXIST);
    assertThatThrownBy(() -> host.call(open("/errno"))).isInstanceOf(ErrnoException.class);
    assertThatThrownBy(() -> host.call(open("/refusal")))
        .isInstanceOf(RefusalException.class)
        .hasMessage("open: not yet");
  }

  @Test
  void anIdempotentCallIsRepeatedWhenTheDaemonIsUnavailable() {
    assertThat(client.host("flaky").get().getName()).isEqualTo("hosts/flaky");
    assertThat(calls).hasValue(3);
  }

  @Test
  void anOperationIsNeverRepeated() {
    assertThatThrownBy(() -> client.host("rig").execute(open("/unavailable")))
        .isInstanceOf(StatusRuntimeException.class);
    assertThat(calls).hasValue(1);
  }

  private VfioIommuMapDmaResponse mapDma() {
    return client
        .host("rig")
        .vfio(stub -> stub.vfioIommuMapDma(VfioIommuMapDmaRequest.getDefaultInstance()));
  }

  private static Operation open(String path) {
    return Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)).build();
  }

  private static <T> void answer(StreamObserver<T> observer, T value) {
    observer.onNext(value);
    observer.onCompleted();
  }

  private final class Hosts extends HostServiceGrpc.HostServiceImplBase {
    @Override
    public void createHost(CreateHostRequest request, StreamObserver<CreateHostResponse> observer) {
      created.add(request);
      String id = request.getHostId().isEmpty() ? "chosen" : request.getHostId();
      answer(
          observer,
          CreateHostResponse.newBuilder()
              .setHost(Host.newBuilder().setName("hosts/" + id))
              .build());
    }

    @Override
    public void getHost(GetHostRequest request, StreamObserver<GetHostResponse> observer) {
      if (request.getName().equals("flaky") && calls.incrementAndGet() < 3) {
        observer.onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
        return;
      }
      Deadline deadline = Context.current().getDeadline();
      Host.Builder host = Host.newBuilder().setName("hosts/" + request.getName());
      if (deadline != null) {
        host.setOperations(deadline.timeRemaining(TimeUnit.MILLISECONDS));
      }
      answer(observer, GetHostResponse.newBuilder().setHost(host).build());
    }

    @Override
    public void listHosts(ListHostsRequest request, StreamObserver<ListHostsResponse> observer) {
      ListHostsResponse.Builder page = ListHostsResponse.newBuilder();
      if (request.getPageToken().isEmpty()) {
        page.addHosts(Host.newBuilder().setName("hosts/a"))
            .addHosts(Host.newBuilder().setName("hosts/b"));
        page.setNextPageToken("second");
      } else {
        page.addHosts(Host.newBuilder().setName("hosts/c"));
      }
      answer(observer, page.build());
    }
  }

  private final class Vfio extends VfioServiceGrpc.VfioServiceImplBase {
    @Override
    public void vfioIommuMapDma(
        VfioIommuMapDmaRequest request, StreamObserver<VfioIommuMapDmaResponse> observer) {
      observer.onError(StatusProto.toStatusRuntimeException(refusal));
    }
  }

  private final class Operations extends OperationServiceGrpc.OperationServiceImplBase {
    @Override
    public void execute(ExecuteRequest request, StreamObserver<ExecuteResponse> observer) {
      calls.incrementAndGet();
      String path = request.getOperations(0).getOpen().getPath();
      if (path.equals("/unavailable")) {
        observer.onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
        return;
      }
      Result.Builder result = Result.newBuilder();
      switch (path) {
        case "/errno" -> result.setErrno(EEXIST);
        case "/refusal" ->
            result.setRefusal(Refusal.newBuilder().setOperation("open").setReason("not yet"));
        default -> result.setOpen(OpenResponse.newBuilder().setRet(3));
      }
      answer(observer, ExecuteResponse.newBuilder().addResults(result).build());
    }
  }
}
