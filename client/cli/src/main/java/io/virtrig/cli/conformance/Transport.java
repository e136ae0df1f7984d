package io.virtrig.cli.conformance;

import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;

/** How operations reach the simulated hosts. */
public interface Transport extends AutoCloseable {

  /** Makes a fresh host. */
  SimulatedHost create(HostSpec spec);

  @Override
  default void close() {}

  /** Runs a virtio device that needs no host. */
  default RunVirtqueuesResponse run(RunVirtqueuesRequest request) {
    throw new UnsupportedOperationException("only hosts are reached");
  }

  /** A host that lives until it is closed. */
  interface SimulatedHost extends AutoCloseable {

    /** Executes an operation; an errno or refusal is in the result. */
    Result execute(Operation operation);

    @Override
    void close();
  }
}
