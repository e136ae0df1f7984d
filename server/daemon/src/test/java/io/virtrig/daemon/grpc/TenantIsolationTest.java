package io.virtrig.daemon.grpc;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.DynamicMessage;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.protobuf.ProtoServiceDescriptorSupplier;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.CreateProgramRequest;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.DescribeHostRequest;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.ListHostsResponse;
import io.virtrig.v1.ListProgramsRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Program;
import io.virtrig.v1.ProgramServiceGrpc;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.SubmissionEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Walks over every method that the daemon serves. A method that is added and looks at a host
 * without asking whose it is, or names none and is not known here, fails.
 */
class TenantIsolationTest {
  private static final String VICTIM = "victim";

  /** Methods that name no host there is: each is looked at below, or has nothing to do with any. */
  private static final Set<String> NAME_NO_HOST =
      Set.of(
          "virtrig.v1.HostService/CreateHost",
          "virtrig.v1.HostService/BatchCreateHosts",
          "virtrig.v1.HostService/ListHosts",
          "virtrig.v1.EchoService/Echo",
          "virtrig.v1.EchoService/EchoStream",
          "virtrig.v1.TranslationService/WalkImage",
          "virtrig.v1.TranslationService/BatchWalkImages",
          "virtrig.v1.TranslationService/DecodeDescriptor",
          "virtrig.v1.TranslationService/BatchDecodeDescriptors",
          "virtrig.v1.VirtqueueService/RunVirtqueues",
          "virtrig.v1.VirtqueueService/BatchRunVirtqueues");

  @TempDir private Path folder;
  private ServedDaemon daemon;
  private Channel owner;
  private Channel other;

  @BeforeEach
  void start() throws Exception {
    daemon =
        new ServedDaemon(
            new TenantsOnDisk(folder).tenant("owner").tenant("other").write().access());
    owner = daemon.channel(TenantsOnDisk.token("owner"));
    other = daemon.channel(TenantsOnDisk.token("other"));
  }

  @AfterEach
  void stop() {
    daemon.close();
  }

  /** What a call was answered, to the last bit. */
  private record Answer(Status.Code code, String text, ByteString details, List<ByteString> all) {}

  @Test
  void anotherTenantsHostIsAsOneThatNeverWas() throws Exception {
    List<MethodDescriptor> methods = methods();
    assertThat(methods).hasSizeGreaterThan(150);
    List<Answer> neverWas = new ArrayList<>();
    for (MethodDescriptor method : methods) {
      neverWas.add(call(other, method, request(method)));
    }
    createVictim();
    String before = stateHash();
    for (int i = 0; i < methods.size(); i++) {
      MethodDescriptor method = methods.get(i);
      Answer answer = call(other, method, request(method));
      assertThat(answer).as(name(method)).isEqualTo(neverWas.get(i));
      if (!NAME_NO_HOST.contains(name(method))) {
        assertThat(saysNoHost(answer)).as("%s: %s", name(method), answer).isTrue();
      }
    }
    assertThat(stateHash()).isEqualTo(before);
    for (MethodDescriptor method : methods) {
      if (!NAME_NO_HOST.contains(name(method))) {
        createVictim();
        Answer own = call(owner, method, request(method));
        assertThat(saysNoHost(own)).as("%s: %s", name(method), own).isFalse();
      }
    }
  }

  private static boolean saysNoHost(Answer answer) {
    String needle = "there is no host \"" + VICTIM + "\"";
    return (answer.code == Status.Code.NOT_FOUND && answer.text.contains(needle))
        || answer.all.stream().anyMatch(message -> contains(message, needle));
  }

  private static boolean contains(ByteString message, String text) {
    return message.toString(ISO_8859_1).contains(text);
  }

  @Test
  void whoShowsNothingKnownLearnsNothing() throws Exception {
    createVictim();
    Answer first = null;
    for (String authorization :
        new String[] {
          "",
          "Bearer",
          "Bearer ",
          "Bearer unknown",
          "Basic " + TenantsOnDisk.token("owner"),
          TenantsOnDisk.token("owner"),
          "Bearer " + TenantsOnDisk.hash(TenantsOnDisk.token("owner")),
          "Bearer " + TenantsOnDisk.token("owner").toUpperCase(Locale.ROOT)
        }) {
      Metadata headers = new Metadata();
      if (!authorization.isEmpty()) {
        headers.put(BearerTokens.AUTHORIZATION, authorization);
      }
      Channel nobody =
          ClientInterceptors.intercept(
              daemon.channel(), MetadataUtils.newAttachHeadersInterceptor(headers));
      for (MethodDescriptor method : methods()) {
        Answer answer = call(nobody, method, request(method));
        assertThat(answer.code).as(name(method)).isEqualTo(Status.Code.UNAUTHENTICATED);
        first = first == null ? answer : first;
        assertThat(answer).as("%s with \"%s\"", name(method), authorization).isEqualTo(first);
      }
    }
    assertThat(call("grpc.reflection.v1.ServerReflection/ServerReflectionInfo"))
        .isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(call("grpc.health.v1.Health/Check")).isEqualTo(Status.Code.OK);
  }

  @Test
  void sameIdsOfTwoTenantsAreTwoHosts() {
    createVictim();
    HostServiceGrpc.HostServiceBlockingStub theirs = HostServiceGrpc.newBlockingStub(other);
    assertThat(theirs.listHosts(ListHostsRequest.getDefaultInstance()))
        .isEqualTo(ListHostsResponse.getDefaultInstance());
    var _ = theirs.createHost(CreateHostRequest.newBuilder().setHostId(VICTIM).build());
    assertThat(theirs.listHosts(ListHostsRequest.getDefaultInstance()).getTotalSize()).isEqualTo(1);
    var _ = theirs.deleteHost(DeleteHostRequest.newBuilder().setName("hosts/" + VICTIM).build());
    assertThat(stateHash()).isNotEmpty();
  }

  @Test
  void programsAreTheirTenants() {
    Program program = program();
    CreateProgramRequest create = CreateProgramRequest.newBuilder().setProgram(program).build();
    var _ = ProgramServiceGrpc.newBlockingStub(owner).createProgram(create);
    ProgramServiceGrpc.ProgramServiceBlockingStub theirs =
        ProgramServiceGrpc.newBlockingStub(other);
    assertThat(theirs.listPrograms(ListProgramsRequest.getDefaultInstance()).getProgramsList())
        .isEmpty();
    var _ = theirs.createProgram(create);
    assertThat(theirs.listPrograms(ListProgramsRequest.getDefaultInstance()).getProgramsList())
        .containsExactly(program);
  }

  private static Program program() {
    return Program.newBuilder()
        .setName("programs/p")
        .addEntries(
            SubmissionEntry.newBuilder()
                .setOperation(
                    Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance())))
        .build();
  }

  private void createVictim() {
    var _ =
        HostServiceGrpc.newBlockingStub(owner)
            .createHost(
                CreateHostRequest.newBuilder().setHostId(VICTIM).setRequestId("again").build());
  }

  private String stateHash() {
    return HostServiceGrpc.newBlockingStub(owner)
        .describeHost(DescribeHostRequest.newBuilder().setName(VICTIM).build())
        .getStateHash();
  }

  /** Every method of ours that the daemon says it serves. */
  private List<MethodDescriptor> methods() throws Exception {
    CompletableFuture<ServerReflectionResponse> listed = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> asked =
        ServerReflectionGrpc.newStub(owner)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    listed.complete(response);
                  }

                  @Override
                  public void onError(Throwable problem) {
                    listed.completeExceptionally(problem);
                  }

                  @Override
                  public void onCompleted() {}
                });
    asked.onNext(ServerReflectionRequest.newBuilder().setListServices("*").build());
    List<MethodDescriptor> methods = new ArrayList<>();
    for (ServiceResponse service :
        listed.get(30, TimeUnit.SECONDS).getListServicesResponse().getServiceList()) {
      if (service.getName().startsWith("virtrig.v1.")) {
        methods.addAll(descriptor(service.getName()).getMethods());
      }
    }
    asked.onCompleted();
    return methods;
  }

  private static ServiceDescriptor descriptor(String service) throws Exception {
    Class<?> generated = Class.forName("io." + service + "Grpc");
    io.grpc.ServiceDescriptor descriptor =
        (io.grpc.ServiceDescriptor) generated.getMethod("getServiceDescriptor").invoke(null);
    Object schema = descriptor.getSchemaDescriptor();
    return ((ProtoServiceDescriptorSupplier) schema).getServiceDescriptor();
  }

  private static String name(MethodDescriptor method) {
    return method.getService().getFullName() + "/" + method.getName();
  }

  /** A request about the victim, in whatever way the method lets one be named. */
  private static DynamicMessage request(MethodDescriptor method) {
    if (name(method).equals("virtrig.v1.RingService/Ring")) {
      return dynamic(
          method,
          RingRequest.newBuilder()
              .setHost(VICTIM)
              .addEntries(SubmissionEntry.getDefaultInstance())
              .build()
              .toByteString());
    }
    if (name(method).equals("virtrig.v1.ProgramService/CreateProgram")) {
      return dynamic(
          method,
          CreateProgramRequest.newBuilder()
              .setProgram(program().toBuilder().setName("hosts/" + VICTIM + "/programs/p").build())
              .build()
              .toByteString());
    }
    if (NAME_NO_HOST.contains(name(method))) {
      // A host of one's own choice would be made.
      return name(method).endsWith("/CreateHost")
          ? dynamic(method, CreateHostRequest.newBuilder().setHostId("!").build().toByteString())
          : DynamicMessage.getDefaultInstance(method.getInputType());
    }
    boolean program = method.getService().getName().equals("ProgramService");
    DynamicMessage.Builder request = DynamicMessage.newBuilder(method.getInputType());
    for (FieldDescriptor field : method.getInputType().getFields()) {
      switch (field.getName()) {
        case "host" -> request.setField(field, VICTIM);
        case "name" -> request.setField(field, "hosts/" + VICTIM + (program ? "/programs/p" : ""));
        case "names" -> request.addRepeatedField(field, "hosts/" + VICTIM);
        case "parent" -> request.setField(field, "hosts/" + VICTIM);
        default -> {
          // Says nothing of which host.
        }
      }
    }
    return request.build();
  }

  private static DynamicMessage dynamic(MethodDescriptor method, ByteString bytes) {
    try {
      return DynamicMessage.parseFrom(method.getInputType(), bytes);
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private Status.Code call(String method) throws Exception {
    return call(daemon.channel(), method, new byte[0]).code;
  }

  private static Answer call(Channel channel, MethodDescriptor method, DynamicMessage request)
      throws Exception {
    return call(channel, name(method), request.toByteArray());
  }

  /** Watches never end by themselves: of them, the first message is all. */
  private static Answer call(Channel channel, String method, byte[] request) throws Exception {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    List<ByteString> messages = new ArrayList<>();
    ClientCall<byte[], byte[]> call =
        channel.newCall(
            io.grpc.MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(io.grpc.MethodDescriptor.MethodType.BIDI_STREAMING)
                .setFullMethodName(method)
                .setRequestMarshaller(new ServedDaemon.Bytes())
                .setResponseMarshaller(new ServedDaemon.Bytes())
                .build(),
            CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(byte[] message) {
            messages.add(ByteString.copyFrom(message));
            if (method.endsWith("/WatchEvents")) {
              answer.complete(new Answer(Status.Code.OK, "", ByteString.EMPTY, List.of()));
            }
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            byte[] details =
                trailers.get(
                    Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER));
            answer.complete(
                new Answer(
                    status.getCode(),
                    String.valueOf(status.getDescription()),
                    details == null ? ByteString.EMPTY : ByteString.copyFrom(details),
                    List.copyOf(messages)));
          }
        },
        new Metadata());
    call.request(100);
    call.sendMessage(request);
    call.halfClose();
    try {
      return answer.get(30, TimeUnit.SECONDS);
    } finally {
      call.cancel("answered", null);
    }
  }
}
