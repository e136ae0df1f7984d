package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthProto;
import io.grpc.reflection.v1.ServerReflectionProto;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.GuestProto;
import io.virtrig.v1.HardwareProto;
import io.virtrig.v1.HostProto;
import io.virtrig.v1.KvmProto;
import io.virtrig.v1.OperationProto;
import io.virtrig.v1.ProcessProto;
import io.virtrig.v1.ProgramProto;
import io.virtrig.v1.VfioProto;
import io.virtrig.wire.RandomMessages;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Whatever bytes a call brings, the answer is never UNKNOWN or INTERNAL, and the daemon goes on.
 */
class AnyBytesTest {
  private static final int ROUNDS = 60;

  private static ServedDaemon daemon;

  @BeforeAll
  static void start() throws IOException {
    daemon = new ServedDaemon();
  }

  /** The host that most requests name; they may delete it. */
  @BeforeEach
  void makeHost() {
    daemon
        .hosts()
        .createHost(CreateHostRequest.newBuilder().setHostId("a").setRequestId("again").build());
  }

  @AfterAll
  static void stop() {
    daemon.close();
  }

  private static List<MethodDescriptor> methods() {
    List<MethodDescriptor> methods = new ArrayList<>();
    FileDescriptor[] files = {
      ProcessProto.getDescriptor(),
      HardwareProto.getDescriptor(),
      GuestProto.getDescriptor(),
      VfioProto.getDescriptor(),
      KvmProto.getDescriptor(),
      HostProto.getDescriptor(),
      OperationProto.getDescriptor(),
      ProgramProto.getDescriptor(),
      HealthProto.getDescriptor(),
      ServerReflectionProto.getDescriptor()
    };
    for (FileDescriptor file : files) {
      for (ServiceDescriptor service : file.getServices()) {
        service.getMethods().stream()
            .filter(method -> !method.isServerStreaming())
            .forEach(methods::add);
      }
    }
    return methods;
  }

  private static String name(MethodDescriptor method) {
    return method.getService().getFullName() + "/" + method.getName();
  }

  @Test
  void randomBytesAreTheCallersError() {
    for (MethodDescriptor method : methods()) {
      SplittableRandom random = new SplittableRandom(method.getFullName().hashCode());
      for (int round = 0; round < ROUNDS; round++) {
        byte[] bytes = new byte[random.nextInt(64)];
        random.nextBytes(bytes);
        assertAnswered(name(method), bytes);
      }
    }
    assertAlive();
  }

  @Test
  void messagesWithRandomFieldsAreAnswered() {
    for (MethodDescriptor method : methods()) {
      SplittableRandom random = new SplittableRandom(method.getFullName().hashCode());
      for (int round = 0; round < ROUNDS; round++) {
        byte[] bytes = RandomMessages.of(method.getInputType(), random, 3).toByteArray();
        assertAnswered(name(method), bytes);
        if (bytes.length > 0) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
          assertAnswered(name(method), bytes);
        }
      }
    }
    assertAlive();
  }

  @Test
  void batchesOfRandomOperationsAreAnswered() {
    for (long seed = 0; seed < 300; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      ExecuteRequest.Builder batch = ExecuteRequest.newBuilder().setHost("a");
      for (int i = 0; i < 40; i++) {
        batch.addOperations(RandomMessages.operation(random));
      }
      assertAnswered("virtrig.v1.OperationService/Execute", batch.build().toByteArray());
    }
    assertAlive();
  }

  @Test
  void noMessageOrTwoAreTheCallersError() throws Exception {
    for (MethodDescriptor method : methods()) {
      for (int messages : new int[] {0, 2}) {
        Status status = send(name(method), messages);
        assertThat(status.getCode())
            .as("%s with %d messages: %s", method.getFullName(), messages, status)
            .isNotIn(Status.Code.INTERNAL, Status.Code.UNKNOWN, Status.Code.OK);
      }
    }
    assertAlive();
  }

  private static Status send(String method, int messages) throws Exception {
    CompletableFuture<Status> closed = new CompletableFuture<>();
    // Declared as a stream, so that the library lets us send any number of messages.
    ClientCall<byte[], byte[]> call =
        daemon
            .channel()
            .newCall(
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
          public void onClose(Status status, Metadata trailers) {
            closed.complete(status);
          }
        },
        new Metadata());
    call.request(2);
    for (int i = 0; i < messages; i++) {
      call.sendMessage(new byte[0]);
    }
    call.halfClose();
    return closed.get(30, TimeUnit.SECONDS);
  }

  private static void assertAnswered(String method, byte[] bytes) {
    try {
      daemon.call(method, bytes);
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode())
          .as("%s of %s: %s", method, ByteString.copyFrom(bytes), e.getStatus())
          .isNotIn(
              Status.Code.INTERNAL,
              Status.Code.UNKNOWN,
              Status.Code.DEADLINE_EXCEEDED,
              Status.Code.UNAVAILABLE);
      assertThat(String.valueOf(e.getStatus().getDescription()))
          .doesNotContain("Exception")
          .doesNotContain("\tat ");
    }
  }

  private static void assertAlive() {
    String name =
        daemon.hosts().createHost(CreateHostRequest.getDefaultInstance()).getHost().getName();
    assertThat(
            daemon
                .hosts()
                .getHost(GetHostRequest.newBuilder().setName(name).build())
                .getHost()
                .getName())
        .isEqualTo(name);
  }
}
