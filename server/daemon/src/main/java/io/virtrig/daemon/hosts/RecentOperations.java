package io.virtrig.daemon.hosts;

import io.virtrig.v1.Operation.OpCase;
import io.virtrig.v1.Result;
import java.util.ArrayList;
import java.util.List;

/** The last operations of a host and what became of them, for people. Its host's lock guards it. */
final class RecentOperations {
  private static final int KEPT = 32;
  private static final String OK = "OK";

  /** None before the first operation, so that an idle host pays nothing. */
  private OpCase[] operations = new OpCase[0];

  private String[] outcomes = new String[0];
  private String[] reasons = new String[0];
  private long count;

  /** Remembers one; it allocates nothing but the first time. */
  void add(OpCase operation, Result result) {
    if (operations.length == 0) {
      operations = new OpCase[KEPT];
      outcomes = new String[KEPT];
      reasons = new String[KEPT];
    }
    int slot = (int) (count++ % KEPT);
    operations[slot] = operation;
    if (result.hasErrno()) {
      outcomes[slot] = result.getErrno().getName();
      reasons[slot] = result.getErrno().getCheck();
    } else if (result.hasRefusal()) {
      outcomes[slot] = result.getRefusal().getCode().name().substring("CODE_".length());
      reasons[slot] = result.getRefusal().getReason();
    } else {
      outcomes[slot] = OK;
      reasons[slot] = "";
    }
  }

  /** Those kept, the latest first. */
  List<RecentOperation> latest() {
    List<RecentOperation> latest = new ArrayList<>();
    for (long number = count; number > 0 && number > count - KEPT; number--) {
      int slot = (int) ((number - 1) % KEPT);
      latest.add(new RecentOperation(number, operations[slot], outcomes[slot], reasons[slot]));
    }
    return latest;
  }
}
