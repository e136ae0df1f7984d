package io.virtrig.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnknownFieldSet;
import io.virtrig.v1.Completion;
import io.virtrig.v1.Errno;
import io.virtrig.v1.OpenResponse;
import io.virtrig.v1.Result;
import io.virtrig.v1.RingResponse;
import io.virtrig.v1.RingServiceGrpc;
import java.io.ByteArrayInputStream;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Read here or by protobuf's own parser: the same message, or none. */
class RingResponsesTest {
  private static final int ROUNDS = 1_000;

  private final RingResponses responses =
      new RingResponses(RingServiceGrpc.getRingMethod().getResponseMarshaller());

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void readsWhatDaemonsWrite(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < ROUNDS; round++) {
      RingResponse written =
          RingResponse.parseFrom(
              RandomMessages.of(RingResponse.getDescriptor(), random, 4).toByteString());
      assertThat(parse(written.toByteArray())).as("seed %d", seed).isEqualTo(written);
    }
  }

  @Test
  void readsEachResultItself() {
    for (var field : Result.getDescriptor().getOneofs().get(0).getFields()) {
      Result.Builder result = Result.newBuilder();
      result.setField(field, result.newBuilderForField(field).build());
      RingResponse written = answer(result.build());
      RingResponse read = responses.usual(written.toByteArray());
      assertThat(read).as(field.getName()).isEqualTo(written);
      assertThat(read).hasSameHashCodeAs(written);
      assertThat(read == null ? null : read.toByteString()).isEqualTo(written.toByteString());
    }
  }

  @Test
  void leavesUnusualCompletionsToProtobuf() {
    Errno errno = Errno.newBuilder().setName("EBADF").setNumber(9).build();
    OpenResponse open = OpenResponse.newBuilder().setRet(7).build();
    for (Result result :
        new Result[] {
          Result.newBuilder().setErrno(errno).build(),
          Result.newBuilder().setErrno(errno).setOpen(open).build(),
          Result.getDefaultInstance()
        }) {
      RingResponse written = answer(result);
      assertThat(responses.usual(written.toByteArray())).isEqualTo(written);
    }
  }

  @Test
  void leavesUnusualAnswersToProtobuf() {
    RingResponse written =
        answer(Result.getDefaultInstance()).toBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(99_999, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                    .build())
            .build();
    assertThat(responses.usual(written.toByteArray())).isNull();
    assertThat(parse(written.toByteArray())).isEqualTo(written);
  }

  @Test
  void readsRefusalsItself() {
    Errno errno = Errno.newBuilder().setName("EINVAL").setNumber(22).setCheck("odd").build();
    RingResponse written = answer(Result.newBuilder().setErrno(errno).build());
    assertThat(responses.usual(written.toByteArray())).isEqualTo(written);
    RingResponse both =
        answer(
            Result.newBuilder()
                .setErrno(errno)
                .setOpen(OpenResponse.newBuilder().setRet(7))
                .build());
    assertThat(responses.usual(both.toByteArray())).isEqualTo(both);
    DamagedBytes.areReadAlike(responses, RingResponse.parser(), written.toByteArray(), 6);
  }

  @Test
  void refusesWhatProtobufRefuses() {
    byte[] good =
        answer(Result.newBuilder().setOpen(OpenResponse.newBuilder().setRet(7)).build())
            .toByteArray();
    DamagedBytes.areReadAlike(responses, RingResponse.parser(), good, 5);
  }

  private RingResponse parse(byte[] bytes) {
    return responses.parse(new ByteArrayInputStream(bytes));
  }

  private static RingResponse answer(Result result) {
    return RingResponse.newBuilder()
        .setBatch(3)
        .addCompletions(Completion.newBuilder().setUserData(-1L).setResult(result))
        .setLast(true)
        .build();
  }
}
