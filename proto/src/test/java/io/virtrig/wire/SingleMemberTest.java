package io.virtrig.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.v1.Errno;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Made here or by protobuf's builders: the same messages. */
class SingleMemberTest {
  private final SplittableRandom random = new SplittableRandom(1);

  @Test
  void anOperationIsFoundByItsRequest() throws Exception {
    for (FieldDescriptor member : Operation.getDescriptor().getFields()) {
      Operation.Builder expected = Operation.newBuilder();
      Message request = any(member, expected);
      expected.setField(member, request);
      same(Operations.of(request), expected.build());
      same(Operations.of(request.toBuilder()), expected.build());
    }
  }

  @Test
  void aResultIsFoundByItsResponse() throws Exception {
    for (FieldDescriptor member : Result.getDescriptor().getOneofs().get(0).getFields()) {
      Result.Builder expected = Result.newBuilder();
      Message response = any(member, expected);
      expected.setField(member, response);
      same(Results.of(response), expected.build());
      same(Results.of(response.toBuilder()), expected.build());
      assertThat(Results.response(expected.build(), member.getNumber())).isEqualTo(response);
      assertThat(Results.response(expected.build())).isEqualTo(response);
      assertThat(Results.response(Result.getDefaultInstance(), member.getNumber())).isNull();
      assertThat(Results.response(Result.getDefaultInstance())).isNull();
    }
  }

  @Test
  void aRefusalHasAnErrnoAndNoResponse() {
    Errno errno = Errno.newBuilder().setName("EINVAL").setNumber(22).setCheck("odd").build();
    Result refused = Results.refused(errno);
    same(refused, Result.newBuilder().setErrno(errno).build());
    assertThat(refused.hasErrno()).isTrue();
    assertThat(refused.hasRefusal()).isFalse();
    assertThat(refused.getResponseCase()).isEqualTo(Result.ResponseCase.RESPONSE_NOT_SET);
  }

  @Test
  void nothingIsWhatAMemberIsWithoutValues() {
    for (FieldDescriptor member : Operation.getDescriptor().getFields()) {
      assertThat(Operations.nothing(member.getNumber()))
          .isEqualTo(Operation.getDefaultInstance().getField(member));
    }
    for (FieldDescriptor member : Result.getDescriptor().getOneofs().get(0).getFields()) {
      assertThat(Results.nothing(member.getNumber()))
          .isEqualTo(Result.getDefaultInstance().getField(member));
    }
  }

  @Test
  void whatIsNoMemberIsRefused() {
    assertThatThrownBy(() -> Operations.of(HostSpec.getDefaultInstance()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no member is a HostSpec");
    assertThatThrownBy(() -> Results.of(Errno.getDefaultInstance()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no member is a Errno");
    assertThatThrownBy(() -> Results.nothing(Result.ERRNO_FIELD_NUMBER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no member has the number 1");
  }

  /** A message of the member's own class. */
  private Message any(FieldDescriptor member, Message.Builder of) throws Exception {
    return of.newBuilderForField(member)
        .mergeFrom(RandomMessages.of(member.getMessageType(), random, 2).toByteString())
        .build();
  }

  private static void same(Message made, Message expected) {
    assertThat(made).isEqualTo(expected).hasSameHashCodeAs(expected);
    assertThat(made.toByteString()).isEqualTo(expected.toByteString());
    assertThat(made.toBuilder().build()).isEqualTo(expected);
  }
}
