package io.virtrig.client;

import io.virtrig.v1.HostServiceGrpc;
import java.util.List;
import java.util.Map;

/**
 * Which calls gRPC repeats on its own when the daemon cannot be reached. Only those that may run
 * twice: reading, and making a host, which carries a request id. An operation is never repeated:
 * nobody knows whether it ran.
 */
final class RetryPolicy {

  private static final String HOSTS = HostServiceGrpc.SERVICE_NAME;

  private RetryPolicy() {}

  /** The service config in the form that a channel builder takes. */
  static Map<String, Object> serviceConfig() {
    Map<String, Object> retry =
        Map.of(
            "maxAttempts",
            4.0,
            "initialBackoff",
            "0.1s",
            "maxBackoff",
            "1s",
            "backoffMultiplier",
            2.0,
            "retryableStatusCodes",
            List.of("UNAVAILABLE"));
    List<Map<String, String>> idempotent =
        List.of(
            Map.of("service", HOSTS, "method", "CreateHost"),
            Map.of("service", HOSTS, "method", "BatchCreateHosts"),
            Map.of("service", HOSTS, "method", "GetHost"),
            Map.of("service", HOSTS, "method", "ListHosts"),
            Map.of("service", HOSTS, "method", "DescribeHost"),
            Map.of("service", HOSTS, "method", "ListEvents"));
    return Map.of("methodConfig", List.of(Map.of("name", idempotent, "retryPolicy", retry)));
  }
}
