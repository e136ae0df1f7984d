package io.virtrig.bench;

import io.virtrig.emulator.Host;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;

/** A host in the core, whose operations must succeed while it is prepared. */
final class BenchHost {
  private final Host host;

  BenchHost(HostSpec spec) {
    host = new Host(spec);
  }

  /** Executes an operation whatever comes of it: what is measured. */
  Result apply(Operation operation) {
    return host.apply(operation);
  }

  /** Executes an operation that must succeed. */
  Result ok(Operation operation) {
    Result result = host.apply(operation);
    if (result.hasErrno() || result.hasRefusal()) {
      throw new IllegalStateException(result.toString());
    }
    return result;
  }

  int open(String path) {
    return (int)
        ok(Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)).build())
            .getOpen()
            .getRet();
  }

  int eventfd() {
    return (int)
        ok(Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance()).build())
            .getEventfd()
            .getRet();
  }

  long mmap(long length) {
    return ok(Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(length)).build())
        .getMmap()
        .getRet();
  }
}
