package io.virtrig.wire;

import com.google.protobuf.Message;
import io.virtrig.v1.Result;

/** What results are made around. */
public final class Results {
  static final SingleMember<Result> MEMBER =
      SingleMember.of(Result.class, Result.parser(), "response", Result.ResponseCase.values());

  private Results() {}

  /**
   * The response in a result.
   *
   * @param number of the member of {@link Result} that the response is
   * @param otherwise what it is in a result without that member
   */
  public static Message response(Result result, int number, Message otherwise) {
    return MEMBER.in(result, number, otherwise);
  }
}
