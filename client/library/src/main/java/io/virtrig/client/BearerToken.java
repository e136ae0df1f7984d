package io.virtrig.client;

import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** The token by which a daemon with tenants knows for whom a call acts. */
public final class BearerToken {
  /** The variable that holds a token. */
  public static final String VARIABLE = "VIRTRIG_TOKEN";

  /** The variable that names a file with a token. */
  public static final String FILE_VARIABLE = "VIRTRIG_TOKEN_FILE";

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final String token;

  private BearerToken(String token) {
    this.token = token;
  }

  /** The token given. */
  public static BearerToken of(String token) {
    return new BearerToken(token.strip());
  }

  /** The token that a file holds. */
  public static BearerToken inFile(Path file) {
    try {
      return of(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException("the token cannot be read: " + e, e);
    }
  }

  /**
   * The token that the environment has in {@value #VARIABLE}, or in the file that {@value
   * #FILE_VARIABLE} names.
   */
  public static Optional<BearerToken> fromEnvironment() {
    return from(System.getenv());
  }

  static Optional<BearerToken> from(Map<String, String> environment) {
    String token = environment.getOrDefault(VARIABLE, "");
    if (!token.isBlank()) {
      return Optional.of(of(token));
    }
    String file = environment.getOrDefault(FILE_VARIABLE, "");
    return file.isBlank() ? Optional.empty() : Optional.of(inFile(Path.of(file)));
  }

  /** Shows it with each call. */
  public ClientInterceptor interceptor() {
    Metadata headers = new Metadata();
    headers.put(AUTHORIZATION, "Bearer " + token);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  /** Never the token. */
  @Override
  public String toString() {
    return "a bearer token";
  }
}
