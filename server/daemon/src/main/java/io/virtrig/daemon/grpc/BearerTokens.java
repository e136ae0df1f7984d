package io.virtrig.daemon.grpc;

import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.virtrig.daemon.tenancy.TokenHash;
import org.jspecify.annotations.Nullable;

/**
 * Hashes the bearer token that a call shows, once, before anybody asks for whom it stands: where
 * the call is to run, and whether it is let in. Its context has the hash and goes with it. For whom
 * a hash stands is looked up each time, in the tenants file in force.
 */
final class BearerTokens extends ServerStreamTracer.Factory {
  static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private static final String SCHEME = "bearer ";
  private static final Context.Key<TokenHash> SHOWN = Context.key("token");

  /** That of the call that is beginning; null when it shows none. */
  static @Nullable TokenHash shown() {
    return SHOWN.get();
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String fullMethodName, Metadata headers) {
    String header = headers.get(AUTHORIZATION);
    TokenHash hash = header == null ? null : hash(header);
    return new ServerStreamTracer() {
      @Override
      public Context filterContext(Context context) {
        return hash == null ? context : context.withValue(SHOWN, hash);
      }
    };
  }

  /** What is no bearer token is one that nobody has. */
  private static TokenHash hash(String header) {
    return header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? TokenHash.of(header.substring(SCHEME.length()).strip())
        : TokenHash.NOBODYS;
  }
}
