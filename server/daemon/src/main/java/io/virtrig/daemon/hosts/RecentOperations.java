package io.virtrig.daemon.hosts;

import io.virtrig.v1.Errno;
import io.virtrig.v1.Operation.OpCase;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last operations of a host and what became of them, for people. Its host's lock guards it. */
final class RecentOperations {
  private static final int KEPT = 32;
  private static final String OK = "OK";

  /** Their numbers; none before the first operation, so that an idle host pays nothing. */
  private int[] operations = new int[0];

  /** Of those that were refused; null where one was not. */
  private @Nullable Result[] refusals = new Result[0];

  private long count;

  /**
   * Remembers one; it allocates nothing but the first time, and moves references only when it must.
   */
  void add(OpCase operation, Result result) {
    if (operations.length == 0) {
      operations = new int[KEPT];
      refusals = new Result[KEPT];
    }
    int slot = (int) (count++ % KEPT);
    operations[slot] = operation.getNumber();
    Result refusal = result.hasErrno() || result.hasRefusal() ? result : null;
    if (refusal != null || refusals[slot] != null) {
      refusals[slot] = refusal;
    }
  }

  /** Those kept, the latest first. */
  List<RecentOperation> latest() {
    List<RecentOperation> latest = new ArrayList<>();
    for (long number = count; number > 0 && number > count - KEPT; number--) {
      int slot = (int) ((number - 1) % KEPT);
      latest.add(operation(number, OpCase.forNumber(operations[slot]), refusals[slot]));
    }
    return latest;
  }

  private static RecentOperation operation(
      long number, OpCase operation, @Nullable Result refusal) {
    if (refusal == null) {
      return new RecentOperation(number, operation, OK, "");
    }
    if (refusal.hasErrno()) {
      Errno errno = refusal.getErrno();
      return new RecentOperation(number, operation, errno.getName(), errno.getCheck());
    }
    Refusal refused = refusal.getRefusal();
    String code = refused.getCode().name().substring("CODE_".length());
    return new RecentOperation(number, operation, code, refused.getReason());
  }
}
