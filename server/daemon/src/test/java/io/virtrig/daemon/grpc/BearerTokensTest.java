package io.virtrig.daemon.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.ListHostsRequest;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.MessageDigestSpi;
import java.security.NoSuchAlgorithmException;
import java.security.NoSuchProviderException;
import java.security.Provider;
import java.security.Security;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How often a token is hashed, and what is taken for one. */
class BearerTokensTest {
  private static final AtomicInteger HASHED = new AtomicInteger();

  @TempDir private Path folder;

  /** The SHA-256 of the JVM, which counts how often it is that of the tenant's token. */
  public static final class Counting extends MessageDigestSpi {
    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();

    /** For the provider. */
    public Counting() {}

    @Override
    protected void engineUpdate(byte input) {
      seen.write(input);
    }

    @Override
    protected void engineUpdate(byte[] input, int offset, int length) {
      seen.write(input, offset, length);
    }

    @Override
    protected byte[] engineDigest() {
      byte[] all = seen.toByteArray();
      seen.reset();
      if (new String(all, UTF_8).equals(TenantsOnDisk.token("a"))) {
        HASHED.incrementAndGet();
      }
      try {
        return MessageDigest.getInstance("SHA-256", "SUN").digest(all);
      } catch (NoSuchAlgorithmException | NoSuchProviderException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    protected void engineReset() {
      seen.reset();
    }
  }

  private static final class CountingProvider extends Provider {
    private static final long serialVersionUID = 1;

    CountingProvider() {
      super("counting", "1", "counts");
      put("MessageDigest.SHA-256", Counting.class.getName());
    }
  }

  @Test
  void aTokenIsHashedOnceACall() throws Exception {
    TenantsOnDisk file = new TenantsOnDisk(folder).tenant("a").tenant("b").admin("ops").write();
    Provider counting = new CountingProvider();
    assertThat(Security.insertProviderAt(counting, 1)).isEqualTo(1);
    try (ServedDaemon daemon = new ServedDaemon(file.access())) {
      var hosts = HostServiceGrpc.newBlockingStub(daemon.channel(TenantsOnDisk.token("a")));
      HASHED.set(0);
      for (int i = 0; i < 20; i++) {
        var _ = hosts.listHosts(ListHostsRequest.getDefaultInstance());
      }
      assertThat(HASHED).hasValue(20);
    } finally {
      Security.removeProvider(counting.getName());
    }
  }

  /** Somebody who hashed an empty file let nobody in. */
  @ParameterizedTest
  @ValueSource(strings = {"", "Bearer", "Bearer ", "Basic YTpi", "a-token"})
  void whatIsNoTokenIsNobodys(String header) throws Exception {
    TenantsOnDisk file =
        new TenantsOnDisk(folder)
            .write("tenants: [{name: a, tokens: [\"" + TenantsOnDisk.hash("") + "\"]}]");
    Metadata headers = new Metadata();
    headers.put(BearerTokens.AUTHORIZATION, header);
    try (ServedDaemon daemon = new ServedDaemon(file.access())) {
      var hosts =
          HostServiceGrpc.newBlockingStub(daemon.channel())
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
      StatusRuntimeException refused =
          catchThrowableOfType(
              StatusRuntimeException.class,
              () -> hosts.listHosts(ListHostsRequest.getDefaultInstance()));
      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    }
  }
}
