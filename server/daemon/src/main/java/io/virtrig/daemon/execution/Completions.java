package io.virtrig.daemon.execution;

import io.virtrig.v1.Completion;
import io.virtrig.v1.Result;
import java.util.ArrayList;
import java.util.List;

/** Completions on their way into one answer, which has a size it does not go far beyond. */
public final class Completions {
  private final List<Completion> completions = new ArrayList<>();
  private final int mostBytes;
  private int bytes;

  /** None yet; full when the results add up to so many bytes. */
  public Completions(int mostBytes) {
    this.mostBytes = mostBytes;
  }

  void add(long userData, Result result) {
    Completion completion = Completion.newBuilder().setUserData(userData).setResult(result).build();
    bytes += completion.getSerializedSize();
    completions.add(completion);
  }

  /** Whether the answer is large enough. */
  public boolean full() {
    return bytes >= mostBytes;
  }

  /** In the order of the entries. */
  public List<Completion> all() {
    return completions;
  }
}
