package io.virtrig.wire;

import com.google.protobuf.Message;
import io.virtrig.v1.Operation;

/** Operations made around their request. */
public final class Operations {
  static final SingleMember<Operation> MEMBER =
      SingleMember.of(Operation.class, Operation.parser(), "op", Operation.OpCase.values());

  private Operations() {}

  /**
   * The operation with a request.
   *
   * @param number of the member of {@link Operation} that the request is
   * @param request of that member's type
   */
  public static Operation of(int number, Message request) {
    return MEMBER.with(number, request);
  }
}
