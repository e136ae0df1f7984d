package io.virtrig.emulator;

import com.google.protobuf.Message;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.uapi.OperationName;
import io.virtrig.v1.Errno;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.wire.Results;

/** Puts the kernel's and the simulator's refusals into results. */
public final class Refusals {

  private Refusals() {}

  /** The result of an operation that the simulated kernel refuses. */
  static Result result(Operation operation, KernelError error) {
    Errno errno =
        Errno.newBuilder()
            .setName(error.errno().name())
            .setNumber(error.errno().number())
            .setCheck(error.getMessage())
            .setOperation(OperationName.of(operation.getOpCase()))
            .build();
    Message written = error.written();
    return written == null
        ? Results.refused(errno)
        : Results.of(written).toBuilder().setErrno(errno).build();
  }

  /** The result of an operation that the simulator refuses. */
  public static Result result(Operation operation, Refused refused) {
    return Result.newBuilder()
        .setRefusal(
            Refusal.newBuilder()
                .setCode(refused.code())
                .setField(refused.field())
                .setReason(refused.getMessage())
                .setOperation(OperationName.of(operation.getOpCase())))
        .build();
  }
}
