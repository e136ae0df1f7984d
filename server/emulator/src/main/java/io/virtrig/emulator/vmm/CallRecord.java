package io.virtrig.emulator.vmm;

import io.virtrig.v1.VmmCall;
import java.util.ArrayList;
import java.util.List;

/** The calls of one operation that its result lists. */
public final class CallRecord {
  private final List<VmmCall> calls = new ArrayList<>(0);

  /** Adds one. */
  public void add(VmmCall.Builder call) {
    calls.add(call.build());
  }

  /** Adds those of another. */
  public void addAll(CallRecord other) {
    calls.addAll(other.take());
  }

  /** All of them; none is left. */
  public List<VmmCall> take() {
    List<VmmCall> taken = List.copyOf(calls);
    calls.clear();
    return taken;
  }
}
