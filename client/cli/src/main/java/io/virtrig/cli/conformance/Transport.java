package io.virtrig.cli.conformance;

import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.RunVirtqueuesResponse;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WalkImageResponse;
import java.util.List;

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

  /** Walks through an image of memory. */
  default WalkImageResponse walkImage(WalkImageRequest request) {
    throw new UnsupportedOperationException("this transport has no walks through images");
  }

  /** Decodes a descriptor. */
  default DecodeDescriptorResponse decodeDescriptor(DecodeDescriptorRequest request) {
    throw new UnsupportedOperationException("this transport decodes no descriptors");
  }

  /** A host that lives until it is closed. */
  interface SimulatedHost extends AutoCloseable {

    /** Executes an operation; an errno or refusal is in the result. */
    Result execute(Operation operation);

    /**
     * How many operations are best executed together, of which none needs another's answer. Whoever
     * looks at the host between two operations leaves it at one.
     */
    default int mostTogether() {
      return 1;
    }

    /** Executes operations one after another; an errno or refusal is in the result. */
    default List<Result> execute(List<Operation> operations) {
      return operations.stream().map(this::execute).toList();
    }

    @Override
    void close();
  }
}
