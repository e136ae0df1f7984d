package io.virtrig.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import io.virtrig.v1.Errno;
import io.virtrig.v1.Result;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** Results made around their response, or around the errno that stands in its place. */
public final class Results {
  static final SingleMember<Result> MEMBER =
      SingleMember.of(
          Result.class, Result.parser(), "response", Result.ResponseCase.values(), "Response");

  private static final int ERRNO_TAG =
      Result.ERRNO_FIELD_NUMBER << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;

  /** The field in generated code. */
  private static final VarHandle ERRNO;

  /** In generated code: which fields are there that are no member; the errno's bit is the first. */
  private static final VarHandle PRESENT;

  static {
    try {
      MethodHandles.Lookup inside =
          MethodHandles.privateLookupIn(Result.class, MethodHandles.lookup());
      ERRNO = inside.findVarHandle(Result.class, "errno_", Errno.class);
      PRESENT = inside.findVarHandle(Result.class, "bitField0_", int.class);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("generated code is not as expected", e);
    }
  }

  private Results() {}

  /**
   * The result of an operation that succeeded.
   *
   * @throws IllegalArgumentException when it is no operation's response
   */
  public static Result of(Message response) {
    return MEMBER.with(response);
  }

  /** The result of an operation that succeeded. */
  public static Result of(Message.Builder response) {
    return of(response.build());
  }

  /** The result of an operation that the simulated kernel refused. */
  public static Result refused(Errno errno) {
    Result result = MEMBER.without();
    ERRNO.set(result, errno);
    PRESENT.set(result, 1);
    return result;
  }

  /**
   * Reads a result up to the limit that is set.
   *
   * @return null when it is neither a response alone nor an errno alone
   * @throws IOException when it is no result
   */
  static @Nullable Result read(CodedInputStream in) throws IOException {
    int tag = in.readTag();
    if (tag != ERRNO_TAG) {
      return MEMBER.read(tag, in);
    }
    int outer = in.pushLimit(in.readRawVarint32());
    Errno errno = Errno.parser().parseFrom(in, ExtensionRegistryLite.getEmptyRegistry());
    in.checkLastTagWas(0);
    in.popLimit(outer);
    return in.isAtEnd() ? refused(errno) : null;
  }

  /**
   * The response in a result; null in one without it.
   *
   * @param number of the member of {@link Result} that it is
   */
  public static @Nullable Message response(Result result, int number) {
    return MEMBER.in(result, number);
  }

  /** The response in a result, whichever it is; null in one without any. */
  public static @Nullable Message response(Result result) {
    return MEMBER.in(result);
  }

  /**
   * The response that says nothing.
   *
   * @param number of the member of {@link Result} that it is
   */
  public static Message nothing(int number) {
    return MEMBER.nothing(number);
  }
}
