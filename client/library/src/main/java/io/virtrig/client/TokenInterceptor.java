package io.virtrig.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors.CheckedForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;

/** Says with each call for whom it is: {@code authorization: Bearer TOKEN}. */
final class TokenInterceptor implements ClientInterceptor {
  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final Supplier<String> tokens;

  TokenInterceptor(Supplier<String> tokens) {
    this.tokens = tokens;
  }

  @Override
  public <A, R> ClientCall<A, R> interceptCall(
      MethodDescriptor<A, R> method, CallOptions options, Channel next) {
    return new CheckedForwardingClientCall<A, R>(next.newCall(method, options)) {
      @Override
      protected void checkedStart(Listener<R> listener, Metadata headers) throws StatusException {
        headers.put(AUTHORIZATION, "Bearer " + token());
        delegate().start(listener, headers);
      }
    };
  }

  private String token() throws StatusException {
    String token;
    try {
      token = tokens.get().strip();
    } catch (UncheckedIOException e) {
      throw unauthenticated(String.valueOf(e.getMessage()));
    }
    if (token.isEmpty()) {
      throw unauthenticated("the token is empty");
    }
    if (!token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw unauthenticated("the token has a character that no token has");
    }
    return token;
  }

  private static StatusException unauthenticated(String why) {
    return Status.UNAUTHENTICATED.withDescription(why).asException();
  }
}
