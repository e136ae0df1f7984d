package io.virtrig.daemon.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.virtrig.daemon.limits.MemoryPressure;
import io.virtrig.daemon.quota.OverQuota;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.Errno;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.wire.Results;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The one place where refusals become gRPC statuses. The simulated kernel's have the domain {@value
 * #KERNEL}, the simulator's own {@value #DAEMON}; {@code docs/errors.md} has the table.
 */
final class Statuses {
  static final String KERNEL = "kernel.virtrig";
  static final String DAEMON = "virtrig";

  private Statuses() {}

  /** The status of a result that holds an errno or a refusal. */
  static StatusRuntimeException of(Result result) {
    return result.hasErrno() ? of(result.getErrno(), result) : of(result.getRefusal());
  }

  private static StatusRuntimeException of(Errno errno, Result result) {
    Status.Builder status =
        Status.newBuilder()
            .setCode(code(errno.getName()).getNumber())
            .setMessage(errno.getName() + ": " + errno.getCheck())
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder()
                        .setReason(errno.getName())
                        .setDomain(KERNEL)
                        .putMetadata("op", errno.getOperation())
                        .putMetadata("check", errno.getCheck())
                        .build()))
            .addDetails(Any.pack(errno));
    Message written = Results.response(result);
    if (written != null) {
      status.addDetails(Any.pack(written));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  /** The status of a refusal to make a host. */
  static StatusRuntimeException of(Refused refused) {
    return of(
        Refusal.newBuilder()
            .setCode(refused.code())
            .setField(refused.field())
            .setReason(refused.getMessage())
            .build());
  }

  private static StatusRuntimeException of(Refusal refusal) {
    Code code =
        switch (refusal.getCode()) {
          case CODE_NOT_FOUND -> Code.NOT_FOUND;
          case CODE_UNIMPLEMENTED -> Code.UNIMPLEMENTED;
          case CODE_RESOURCE_EXHAUSTED -> Code.RESOURCE_EXHAUSTED;
          case CODE_CANCELLED -> Code.CANCELLED;
          case CODE_INVALID_ARGUMENT, CODE_UNSPECIFIED, UNRECOGNIZED -> Code.INVALID_ARGUMENT;
        };
    String where = refusal.getField().isEmpty() ? "" : refusal.getField() + ": ";
    String reason = refusal.getCode().name().substring("CODE_".length());
    return refusal.getField().equals(MemoryPressure.FIELD)
        ? daemon(
            code,
            reason,
            where + refusal.getReason(),
            Any.pack(refusal),
            retry(MemoryPressure.TRY_AGAIN))
        : daemon(code, reason, where + refusal.getReason(), Any.pack(refusal));
  }

  /**
   * Refuses what is asked for together when it is nothing, or too much.
   *
   * @param field the list
   * @param what is in it
   */
  static void requireTogether(String field, int count, int most, String what) {
    if (count < 1 || count > most) {
      throw daemon(
          Code.INVALID_ARGUMENT,
          field + ": " + count + " " + what + ", where 1 to " + most + " go together");
    }
  }

  /**
   * What answers each of several requests; the first that is refused has all refused, by its place.
   *
   * @param most how many go together
   * @param what they are
   */
  static <Q, A> List<A> each(List<Q> requests, int most, String what, Function<Q, A> one) {
    requireTogether("requests", requests.size(), most, what);
    List<A> answers = new ArrayList<>(requests.size());
    for (Q request : requests) {
      try {
        answers.add(one.apply(request));
      } catch (Refused e) {
        throw at("requests[" + answers.size() + "]", of(e));
      }
    }
    return answers;
  }

  /** The same refusal, of what stands at a place in a larger message. */
  static StatusRuntimeException at(String place, StatusRuntimeException refusal) {
    Status.Builder status = StatusProto.fromThrowable(refusal).toBuilder();
    status.setMessage(place + (status.getMessage().isEmpty() ? "" : ": " + status.getMessage()));
    for (int i = 0; i < status.getDetailsCount(); i++) {
      if (status.getDetails(i).is(Refusal.class)) {
        Refusal detail = unpacked(status.getDetails(i));
        String field = detail.getField().isEmpty() ? place : place + "." + detail.getField();
        status.setDetails(i, Any.pack(detail.toBuilder().setField(field).build()));
      }
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  private static Refusal unpacked(Any detail) {
    try {
      return detail.unpack(Refusal.class);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a detail that was packed here cannot be read", e);
    }
  }

  /** A refusal of the daemon itself. */
  static StatusRuntimeException daemon(Code code, String message) {
    return daemon(code, code.name(), message);
  }

  /** The refusal of what a tenant may not have more of, or not as often. */
  static StatusRuntimeException of(OverQuota over) {
    List<Any> details = new ArrayList<>();
    details.add(
        Any.pack(
            QuotaFailure.newBuilder()
                .addViolations(
                    QuotaFailure.Violation.newBuilder()
                        .setSubject(over.quota().key())
                        .setDescription(over.getMessage()))
                .build()));
    if (over.waiting().isPositive()) {
      details.add(retry(over.waiting()));
    }
    ErrorInfo info =
        ErrorInfo.newBuilder()
            .setReason("QUOTA")
            .setDomain(DAEMON)
            .putMetadata("quota", over.quota().key())
            .putMetadata("limit", Long.toString(over.limit()))
            .putMetadata("usage", Long.toString(over.usage()))
            .build();
    return status(Code.RESOURCE_EXHAUSTED, over.getMessage(), info, details);
  }

  /** The refusal of what a limit keeps out now and may let in later. */
  static StatusRuntimeException exhausted(String message, Duration tryAgainAfter) {
    return daemon(
        Code.RESOURCE_EXHAUSTED, Code.RESOURCE_EXHAUSTED.name(), message, retry(tryAgainAfter));
  }

  private static Any retry(Duration after) {
    return Any.pack(
        RetryInfo.newBuilder()
            .setRetryDelay(
                com.google.protobuf.Duration.newBuilder()
                    .setSeconds(after.toSeconds())
                    .setNanos(after.toNanosPart()))
            .build());
  }

  /** The refusal of what would make the daemon grow when it is short of memory. */
  static StatusRuntimeException shortOfMemory() {
    return exhausted(MemoryPressure.REASON, MemoryPressure.TRY_AGAIN);
  }

  /** Ends a call with a refusal and its details. */
  static void close(ServerCall<?, ?> call, StatusRuntimeException refusal) {
    Metadata trailers = refusal.getTrailers();
    call.close(refusal.getStatus(), trailers == null ? new Metadata() : trailers);
  }

  private static StatusRuntimeException daemon(
      Code code, String reason, String message, Any... more) {
    return status(
        code,
        message,
        ErrorInfo.newBuilder().setReason(reason).setDomain(DAEMON).build(),
        List.of(more));
  }

  private static StatusRuntimeException status(
      Code code, String message, ErrorInfo info, List<Any> more) {
    Status.Builder status =
        Status.newBuilder()
            .setCode(code.getNumber())
            .setMessage(message)
            .addDetails(Any.pack(info));
    for (Any detail : more) {
      status.addDetails(detail);
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  /** The code that fits an errno best. The errno is the truth; the code is a convenience. */
  private static Code code(String errno) {
    return switch (errno) {
      case "EINVAL", "EFAULT", "E2BIG", "ENOTTY", "ESPIPE" -> Code.INVALID_ARGUMENT;
      case "ENOENT", "ENODEV", "ENXIO", "EBADF", "ESRCH" -> Code.NOT_FOUND;
      case "EEXIST" -> Code.ALREADY_EXISTS;
      case "EPERM", "EACCES" -> Code.PERMISSION_DENIED;
      case "ENOMEM", "ENOSPC", "EMFILE" -> Code.RESOURCE_EXHAUSTED;
      case "EAGAIN", "EINTR" -> Code.ABORTED;
      case "ERANGE", "EOVERFLOW" -> Code.OUT_OF_RANGE;
      default -> Code.FAILED_PRECONDITION;
    };
  }
}
