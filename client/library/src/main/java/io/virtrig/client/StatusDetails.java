package io.virtrig.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.virtrig.v1.Errno;
import io.virtrig.v1.Refusal;
import java.util.function.Supplier;

/**
 * Finds out who answered a failed call: the simulated kernel, the simulator, or only the transport.
 */
final class StatusDetails {

  private static final String KERNEL = "kernel.virtrig";
  private static final String SIMULATOR = "virtrig";

  private StatusDetails() {}

  /** The call's answer; its failure as the exception that says whose it is. */
  static <T> T answer(Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      throw exception(e);
    }
  }

  /** The exception to throw instead; the same one when the status has no details of ours. */
  static RuntimeException exception(StatusRuntimeException failure) {
    Status status = StatusProto.fromThrowable(failure);
    if (status == null) {
      return failure;
    }
    try {
      return exception(status, failure);
    } catch (InvalidProtocolBufferException e) {
      failure.addSuppressed(e);
      return failure;
    }
  }

  private static RuntimeException exception(Status status, StatusRuntimeException failure)
      throws InvalidProtocolBufferException {
    RuntimeException found = failure;
    for (Any detail : status.getDetailsList()) {
      if (detail.is(Errno.class)) {
        return caused(new ErrnoException(detail.unpack(Errno.class)), failure);
      }
      if (detail.is(Refusal.class)) {
        return caused(new RefusalException(detail.unpack(Refusal.class)), failure);
      }
      if (detail.is(ErrorInfo.class)) {
        found = exception(detail.unpack(ErrorInfo.class), status, failure);
      }
    }
    return found;
  }

  /** Without our own message beside it, {@code ErrorInfo} still tells who answered and what. */
  private static RuntimeException exception(
      ErrorInfo info, Status status, StatusRuntimeException failure) {
    String operation = info.getMetadataOrDefault("op", "");
    String check = info.getMetadataOrDefault("check", status.getMessage());
    return switch (info.getDomain()) {
      case KERNEL ->
          caused(
              new ErrnoException(
                  Errno.newBuilder()
                      .setName(info.getReason())
                      .setCheck(check)
                      .setOperation(operation)
                      .build()),
              failure);
      case SIMULATOR ->
          caused(
              new RefusalException(
                  Refusal.newBuilder()
                      .setCode(code(failure))
                      .setReason(status.getMessage())
                      .setOperation(operation)
                      .build()),
              failure);
      default -> failure;
    };
  }

  private static Refusal.Code code(StatusRuntimeException failure) {
    return switch (failure.getStatus().getCode()) {
      case INVALID_ARGUMENT -> Refusal.Code.CODE_INVALID_ARGUMENT;
      case NOT_FOUND -> Refusal.Code.CODE_NOT_FOUND;
      case UNIMPLEMENTED -> Refusal.Code.CODE_UNIMPLEMENTED;
      case RESOURCE_EXHAUSTED -> Refusal.Code.CODE_RESOURCE_EXHAUSTED;
      default -> Refusal.Code.CODE_UNSPECIFIED;
    };
  }

  private static RuntimeException caused(RuntimeException exception, StatusRuntimeException cause) {
    exception.initCause(cause);
    return exception;
  }
}
