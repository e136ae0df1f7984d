package io.virtrig.cli.conformance;

import io.virtrig.client.RingBatch;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.VirtrigRing;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.ArrayList;
import java.util.List;

/** Executes operations for several threads, those of many hosts in one batch. */
final class RingBatches {
  private static final int MOST_ENTRIES = 1024;

  /** A batch of several operations has no more, so that the daemon's limit of a message holds. */
  private static final int MOST_BYTES = 1 << 20;

  private final VirtrigRing ring;
  private final Together<Asked, List<Result>> executing;

  RingBatches(VirtrigRing ring) {
    this.ring = ring;
    executing = new Together<>(MOST_ENTRIES, this::executeAll);
  }

  private record Asked(VirtrigHost host, List<Operation> operations) {}

  /** Executes operations on a host one after another; an errno or refusal is in the result. */
  List<Result> execute(VirtrigHost host, List<Operation> operations) {
    return executing.ask(new Asked(host, operations));
  }

  private List<List<Result>> executeAll(List<Asked> together) {
    List<Result> results = new ArrayList<>();
    VirtrigHost usual = together.getFirst().host();
    RingBatch batch = ring.batch(usual);
    int bytes = 0;
    for (Asked asked : together) {
      for (Operation operation : asked.operations()) {
        int more = operation.getSerializedSize();
        if (batch.size() == MOST_ENTRIES || (batch.size() > 0 && bytes + more > MOST_BYTES)) {
          results.addAll(run(batch));
          batch = ring.batch(usual);
          bytes = 0;
        }
        RingBatch.Entry entry = batch.add(operation);
        if (!asked.host().id().equals(usual.id())) {
          var _ = entry.on(asked.host());
        }
        bytes += more;
      }
    }
    results.addAll(run(batch));
    return divided(results, together);
  }

  private static List<List<Result>> divided(List<Result> results, List<Asked> together) {
    List<List<Result>> divided = new ArrayList<>(together.size());
    int first = 0;
    for (Asked asked : together) {
      int end = first + asked.operations().size();
      divided.add(results.subList(first, end));
      first = end;
    }
    return divided;
  }

  private static List<Result> run(RingBatch batch) {
    try {
      return batch.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
