package io.virtrig.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Gives every call a deadline that has none of its own, but for streams, which go on for long. */
final class CallDeadline implements ClientInterceptor {

  private final long nanos;

  CallDeadline(Duration duration) {
    nanos = duration.toNanos();
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    if (options.getDeadline() != null || !method.getType().serverSendsOneMessage()) {
      return next.newCall(method, options);
    }
    return next.newCall(method, options.withDeadlineAfter(nanos, TimeUnit.NANOSECONDS));
  }
}
