package io.virtrig.emulator.vmm;

import io.virtrig.emulator.state.Shared;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.TracedCall;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The latest system calls of a host's VMMs, as strace would show them; accesses to memory are none.
 * They are output, not state: nothing in the host reads them, and they are no part of the hash.
 */
public final class CallLog {
  private static final int KEPT = 4096;

  private record Entry(long sequence, Operation operation, Result result) implements Shared {
    TracedCall call() {
      return TracedCall.newBuilder()
          .setSequence(sequence)
          .setOperation(operation)
          .setResult(result)
          .build();
    }
  }

  private final ArrayDeque<Entry> latest = new ArrayDeque<>(0);
  private long sequence;

  CallLog() {}

  void record(Operation operation, Result result) {
    if (latest.size() == KEPT) {
      latest.removeFirst();
    }
    latest.addLast(new Entry(++sequence, operation, result));
  }

  /** Up to {@code most} calls with a sequence number above {@code after}, oldest first. */
  public List<TracedCall> after(long after, int most) {
    List<TracedCall> calls = new ArrayList<>();
    for (Entry entry : latest) {
      if (Long.compareUnsigned(entry.sequence, after) > 0 && calls.size() < most) {
        calls.add(entry.call());
      }
    }
    return calls;
  }
}
