package io.virtrig.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingServiceGrpc;
import io.virtrig.v1.SubmissionEntry;
import java.io.ByteArrayInputStream;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Read here or by protobuf's own parser: the same message, or none. */
class RingRequestsTest {
  private static final int ROUNDS = 3_000;

  private static final UnknownFieldSet UNKNOWN =
      UnknownFieldSet.newBuilder()
          .addField(99_999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
          .build();

  private final RingRequests requests =
      new RingRequests(RingServiceGrpc.getRingMethod().getRequestMarshaller());

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void readsWhatClientsWrite(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < ROUNDS; round++) {
      RingRequest.Builder batch = RingRequest.newBuilder().setHost("h" + random.nextInt(3));
      for (int entries = random.nextInt(4); entries > 0; entries--) {
        ByteString any =
            RandomMessages.of(SubmissionEntry.getDescriptor(), random, 3).toByteString();
        batch.addEntries(
            SubmissionEntry.parseFrom(any).toBuilder()
                .setOperation(RandomMessages.operation(random)));
      }
      RingRequest written = batch.build();
      assertThat(parse(written.toByteArray())).as("seed %d", seed).isEqualTo(written);
    }
  }

  @Test
  void readsEachOperationItself() {
    for (var field : Operation.getDescriptor().getOneofs().get(0).getFields()) {
      Operation.Builder operation = Operation.newBuilder();
      operation.setField(field, operation.newBuilderForField(field).build());
      RingRequest written = batch(operation.build());
      RingRequest read = requests.usual(written.toByteArray());
      assertThat(read).as(field.getName()).isEqualTo(written);
      assertThat(read).hasSameHashCodeAs(written);
      assertThat(read == null ? null : read.toByteString()).isEqualTo(written.toByteString());
    }
  }

  @Test
  void leavesUnusualEntriesToProtobuf() throws Exception {
    Operation open =
        Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath("/dev/kvm")).build();
    Operation flags = Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPid(7)).build();
    Operation eventfd =
        Operation.newBuilder().setEventfd(EventfdRequest.newBuilder().setInitval(3)).build();
    Operation unknown = Operation.newBuilder().setUnknownFields(UNKNOWN).build();
    for (ByteString operation :
        new ByteString[] {
          // A member in two pieces, which are one; two members, of which the last counts; none.
          open.toByteString().concat(flags.toByteString()),
          open.toByteString().concat(eventfd.toByteString()),
          open.toByteString().concat(unknown.toByteString()),
          unknown.toByteString(),
          ByteString.EMPTY
        }) {
      RingRequest written = batch(Operation.parseFrom(operation));
      byte[] bytes = ownBytes(operation);
      assertThat(requests.usual(bytes)).isEqualTo(written);
      assertThat(parse(bytes)).isEqualTo(written);
    }
  }

  @Test
  void leavesUnusualBatchesToProtobuf() {
    RingRequest written = batch(Operation.getDefaultInstance());
    written = written.toBuilder().setUnknownFields(UNKNOWN).build();
    assertThat(requests.usual(written.toByteArray())).isNull();
    assertThat(parse(written.toByteArray())).isEqualTo(written);
  }

  @Test
  void refusesWhatProtobufRefuses() {
    byte[] good =
        ownBytes(
            Operation.newBuilder()
                .setOpen(OpenRequest.newBuilder().setPath("/dev/vfio/7"))
                .build()
                .toByteString());
    DamagedBytes.areReadAlike(requests, RingRequest.parser(), good, 5);
  }

  private RingRequest parse(byte[] bytes) {
    return requests.parse(new ByteArrayInputStream(bytes));
  }

  private static RingRequest batch(Operation operation) {
    return RingRequest.newBuilder()
        .setHost("rig")
        .addEntries(SubmissionEntry.newBuilder().setUserData(-1L).setOperation(operation))
        .build();
  }

  /** A batch with an operation as it is written there. */
  private static byte[] ownBytes(ByteString operation) {
    return RingRequest.newBuilder()
        .setHost("rig")
        .addEntries(
            SubmissionEntry.newBuilder()
                .setUserData(-1L)
                .setUnknownFields(
                    UnknownFieldSet.newBuilder()
                        .addField(
                            SubmissionEntry.OPERATION_FIELD_NUMBER,
                            UnknownFieldSet.Field.newBuilder()
                                .addLengthDelimited(operation)
                                .build())
                        .build()))
        .build()
        .toByteArray();
  }
}
