package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.daemon.hosts.HostRefused;
import io.virtrig.daemon.hosts.NoSuchHost;
import io.virtrig.daemon.quota.OverQuota;
import io.virtrig.emulator.errno.Refused;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a call is answered whose method threw something. */
final class RefusedCall {
  private static final Logger LOG = LoggerFactory.getLogger(RefusedCall.class);

  private RefusedCall() {}

  /** The status; what nobody expected is a defect, which the log has. */
  static StatusRuntimeException status(RuntimeException thrown, String method) {
    return switch (thrown) {
      case StatusRuntimeException status -> status;
      case NoSuchHost none -> Statuses.daemon(Code.NOT_FOUND, none.getMessage());
      case OverQuota over -> Statuses.of(over);
      case HostRefused refused -> Statuses.daemon(code(refused.reason()), refused.getMessage());
      case Refused refused -> Statuses.of(refused);
      default -> {
        LOG.error("{} failed", method, thrown);
        yield Status.INTERNAL
            .withDescription("a defect of the daemon; its log says more")
            .asRuntimeException();
      }
    };
  }

  private static Code code(HostRefused.Reason reason) {
    return switch (reason) {
      case BAD_ID -> Code.INVALID_ARGUMENT;
      case EXISTS -> Code.ALREADY_EXISTS;
      case LIMIT -> Code.RESOURCE_EXHAUSTED;
    };
  }
}
