package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.virtrig.daemon.hosts.Leases;
import java.time.DateTimeException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Lengths of leases, as messages have them. */
final class LeaseLength {

  private LeaseLength() {}

  /**
   * The length that a request asks for; null when it asks for none.
   *
   * @throws io.grpc.StatusRuntimeException when it is none that a lease may have
   */
  static @Nullable Duration of(boolean asked, com.google.protobuf.Duration given) {
    if (!asked) {
      return null;
    }
    Duration length;
    try {
      length = Duration.ofSeconds(given.getSeconds(), given.getNanos());
    } catch (DateTimeException | ArithmeticException e) {
      length = Duration.ZERO;
    }
    if (length.compareTo(Leases.SHORTEST) < 0 || length.compareTo(Leases.LONGEST) > 0) {
      throw Statuses.daemon(
          Code.INVALID_ARGUMENT,
          "lease: " + given.getSeconds() + " s is not from 1 second to 3650 days");
    }
    return length;
  }

  static com.google.protobuf.Duration message(Duration length) {
    return com.google.protobuf.Duration.newBuilder()
        .setSeconds(length.getSeconds())
        .setNanos(length.getNano())
        .build();
  }
}
