package io.virtrig.daemon;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.grpc.ManagedChannel;
import io.grpc.ServiceDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.virtrig.daemon.config.Settings;
import io.virtrig.emulator.Host;
import io.virtrig.uapi.IoUring;
import io.virtrig.uapi.Vfio;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.DescribeHostRequest;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.KvmCreateVmRequest;
import io.virtrig.v1.ListEventsRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import io.virtrig.v1.ProcessServiceGrpc;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingResponse;
import io.virtrig.v1.RingServiceGrpc;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.Substitution;
import io.virtrig.v1.TranslationServiceGrpc;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIommuUnmapDmaRequest;
import io.virtrig.v1.VfioSetIommuRequest;
import io.virtrig.v1.VirtqueueServiceGrpc;
import io.virtrig.wire.EveryMessage;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.collections.Int2ObjectHashMap;

/**
 * The run from which the JVM makes the daemon's AOT cache: a daemon starts, is called in each of
 * the ways that clients call it, and stops. What happens here is loaded and linked before a daemon
 * starts in earnest; nothing else depends on it.
 */
final class Training {
  private static final int ROUNDS = 200;

  private Training() {}

  /** Trains: what the daemon says it hears, and when all is done ends its standard input. */
  public static void main(String[] arguments) throws Exception {
    PipedInputStream said = new PipedInputStream();
    PipedOutputStream end = new PipedOutputStream();
    System.setOut(new PrintStream(new PipedOutputStream(said), true, UTF_8));
    System.setIn(new PipedInputStream(end));
    Thread.ofPlatform()
        .start(
            () -> {
              try (end) {
                callEverything(new BufferedReader(new InputStreamReader(said, UTF_8)).readLine());
              } catch (Exception e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(1);
              }
            });
    Main.main(
        new String[] {
          "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--until-stdin-closes"
        });
  }

  /**
   * As clients do.
   *
   * @param ready the line by which the daemon says where it listens
   */
  private static void callEverything(String ready) throws Exception {
    String metrics = address(ready, "metrics");
    ManagedChannel channel =
        NettyChannelBuilder.forTarget(address(ready, "grpc")).usePlaintext().build();
    var _ = HealthGrpc.newBlockingStub(channel).check(HealthCheckRequest.getDefaultInstance());
    for (int round = 0; round < ROUNDS; round++) {
      drive(channel, "trained-" + round);
    }
    everyOperation(channel);
    refused(channel);
    everyClassBeside(Main.class);
    everyClassBeside(Host.class);
    everyClassBeside(Int2ObjectHashMap.class);
    scrape(metrics);
    HealthCheck.run(requireNonNull(Settings.parse(new String[] {"--metrics", metrics}, Map.of())));
    var _ = channel.shutdownNow();
  }

  private static String address(String ready, String of) {
    return ready.replaceFirst(".* " + of + "=(\\S+).*", "$1");
  }

  private static void drive(ManagedChannel channel, String host) throws Exception {
    HostServiceGrpc.HostServiceBlockingStub hosts =
        HostServiceGrpc.newBlockingStub(channel).withDeadlineAfter(1, TimeUnit.MINUTES);
    var _ =
        hosts.createHost(
            CreateHostRequest.newBuilder()
                .setHostId(host)
                .setSpec(
                    HostSpec.newBuilder()
                        .addDevices(DeviceSpec.newBuilder().setBdf("0000:00:02.0").setGroup(7)))
                .build());
    var _ =
        ProcessServiceGrpc.newBlockingStub(channel)
            .open(OpenRequest.newBuilder().setHost(host).setPath("/dev/kvm").build());
    var _ =
        OperationServiceGrpc.newBlockingStub(channel)
            .execute(
                ExecuteRequest.newBuilder()
                    .setHost(host)
                    .addOperations(
                        Operation.newBuilder()
                            .setKvmCreateVm(KvmCreateVmRequest.newBuilder().setTargetFd(3)))
                    .build());
    ring(channel, host);
    var _ = hosts.describeHost(DescribeHostRequest.newBuilder().setName(host).build());
    var _ = hosts.listEvents(ListEventsRequest.newBuilder().setName(host).build());
    var _ = hosts.deleteHost(DeleteHostRequest.newBuilder().setName(host).build());
  }

  /** Each operation there is, with a request that says next to nothing: how it is refused. */
  private static void everyOperation(ManagedChannel channel) {
    var _ =
        HostServiceGrpc.newBlockingStub(channel)
            .createHost(CreateHostRequest.newBuilder().setHostId("every-operation").build());
    ExecuteRequest.Builder request = ExecuteRequest.newBuilder().setHost("every-operation");
    for (FieldDescriptor operation : Operation.getDescriptor().getFields()) {
      Operation.Builder one = Operation.newBuilder();
      request.addOperations(
          one.setField(operation, EveryMessage.in(one.newBuilderForField(operation))));
    }
    var _ = OperationServiceGrpc.newBlockingStub(channel).execute(request.build());
    for (ServiceDescriptor service :
        List.of(
            HostServiceGrpc.getServiceDescriptor(),
            OperationServiceGrpc.getServiceDescriptor(),
            RingServiceGrpc.getServiceDescriptor(),
            TranslationServiceGrpc.getServiceDescriptor(),
            VirtqueueServiceGrpc.getServiceDescriptor())) {
      var _ = EveryMessage.of(service);
    }
  }

  private static void refused(ManagedChannel channel) {
    try {
      var _ =
          HostServiceGrpc.newBlockingStub(channel)
              .getHost(GetHostRequest.newBuilder().setName("absent").build());
    } catch (StatusRuntimeException e) {
      return;
    }
    throw new IllegalStateException("an absent host was found");
  }

  /** What is needed and is not in the cache is looked for in all jars, one after the other. */
  private static void everyClassBeside(Class<?> one) throws Exception {
    URI jar = one.getProtectionDomain().getCodeSource().getLocation().toURI();
    try (FileSystem files = FileSystems.newFileSystem(Path.of(jar));
        Stream<Path> inside =
            Files.walk(files.getPath("/" + one.getPackageName().replace('.', '/')))) {
      for (Path file : inside.filter(path -> path.toString().endsWith(".class")).toList()) {
        String name = file.toString().substring(1).replace('/', '.');
        if (!name.endsWith("package-info.class")) {
          var _ =
              Class.forName(
                  name.substring(0, name.length() - ".class".length()),
                  false,
                  Training.class.getClassLoader());
        }
      }
    }
  }

  private static void ring(ManagedChannel channel, String host) {
    CompletableFuture<RingResponse> answer = new CompletableFuture<>();
    StreamObserver<RingRequest> ring =
        RingServiceGrpc.newStub(channel)
            .ring(
                new StreamObserver<>() {
                  @Override
                  public void onNext(RingResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable broken) {
                    answer.completeExceptionally(broken);
                  }

                  @Override
                  public void onCompleted() {}
                });
    ring.onNext(
        RingRequest.newBuilder()
            .setHost(host)
            .addEntries(open("/dev/vfio/vfio"))
            .addEntries(open("/dev/vfio/7"))
            .addEntries(
                entry(
                        Operation.newBuilder()
                            .setVfioGroupSetContainer(
                                VfioGroupSetContainerRequest.getDefaultInstance()))
                    .addSubstitutions(answer("target_fd", 1))
                    .addSubstitutions(answer("value", 0)))
            .addEntries(
                entry(
                        Operation.newBuilder()
                            .setVfioSetIommu(
                                VfioSetIommuRequest.newBuilder().setValue(Vfio.VFIO_TYPE1v2_IOMMU)))
                    .addSubstitutions(answer("target_fd", 0)))
            .addEntries(
                entry(Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(4096))))
            .addEntries(
                entry(
                        Operation.newBuilder()
                            .setVfioIommuMapDma(
                                VfioIommuMapDmaRequest.newBuilder()
                                    .setFlags(Vfio.VFIO_DMA_MAP_FLAG_READ)
                                    .setSize(4096)))
                    .addSubstitutions(answer("target_fd", 0))
                    .addSubstitutions(answer("vaddr", 4)))
            .addEntries(
                entry(
                        Operation.newBuilder()
                            .setVfioIommuUnmapDma(
                                VfioIommuUnmapDmaRequest.newBuilder().setSize(4096)))
                    .addSubstitutions(answer("target_fd", 0)))
            .addEntries(
                entry(Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance())))
            .addEntries(open("/dev/absent"))
            .build());
    var _ = answer.join();
    ring.onCompleted();
  }

  private static SubmissionEntry.Builder open(String path) {
    return entry(Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)))
        .setFlags(IoUring.IOSQE_IO_LINK);
  }

  private static SubmissionEntry.Builder entry(Operation.Builder operation) {
    return SubmissionEntry.newBuilder().setOperation(operation);
  }

  private static Substitution.Builder answer(String field, int entry) {
    return Substitution.newBuilder().setField(field).setEntry(entry);
  }

  private static void scrape(String address) throws Exception {
    URL page = URI.create("http://" + address + "/metrics").toURL();
    try (InputStream metrics = page.openStream()) {
      if (!new String(metrics.readAllBytes(), UTF_8).contains("virtrig_operations_total")) {
        throw new IllegalStateException("the metrics lack the operations");
      }
    }
  }
}
