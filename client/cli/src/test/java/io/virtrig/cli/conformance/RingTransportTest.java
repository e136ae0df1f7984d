package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.virtrig.client.RefusalException;
import io.virtrig.client.VirtrigClient;
import io.virtrig.daemon.Daemon;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.WalkImageRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RingTransportTest {
  private final Daemon daemon;
  private final VirtrigClient client;
  private final RingTransport transport;

  RingTransportTest() throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    daemon =
        Daemon.start(
            new Configuration(
                anyPort, null, null, 10, 4 << 20, Duration.ofSeconds(1), List.of(), false));
    client = VirtrigClient.connect("127.0.0.1:" + daemon.grpcAddress().getPort());
    transport = new RingTransport(client, 1);
  }

  @AfterEach
  void stop() {
    transport.close();
    client.close();
    daemon.close();
  }

  @Test
  void whatIsRefusedByItselfIsToldByItsFieldAlone() {
    assertThat(
            List.of(
                fieldOf(() -> transport.walkImage(WalkImageRequest.getDefaultInstance())),
                fieldOf(
                    () -> transport.decodeDescriptor(DecodeDescriptorRequest.getDefaultInstance())),
                fieldOf(() -> transport.run(RunVirtqueuesRequest.getDefaultInstance()))))
        .containsExactly("unit", "bytes", "device.model");
  }

  private static String fieldOf(ThrowingCallable call) {
    return catchThrowableOfType(RefusalException.class, call).field();
  }
}
