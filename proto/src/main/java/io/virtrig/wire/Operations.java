package io.virtrig.wire;

import com.google.protobuf.Message;
import io.virtrig.v1.Operation;

/** Operations made around their request. */
public final class Operations {
  static final SingleMember<Operation> MEMBER =
      SingleMember.of(
          Operation.class, Operation.parser(), "op", Operation.OpCase.values(), "Request");

  private Operations() {}

  /**
   * The operation that takes a request.
   *
   * @throws IllegalArgumentException when it is no operation's
   */
  public static Operation of(Message request) {
    return MEMBER.with(request);
  }

  /** The operation that takes a request. */
  public static Operation of(Message.Builder request) {
    return of(request.build());
  }

  /**
   * The request that says nothing.
   *
   * @param number of the member of {@link Operation} that it is
   */
  public static Message nothing(int number) {
    return MEMBER.nothing(number);
  }
}
