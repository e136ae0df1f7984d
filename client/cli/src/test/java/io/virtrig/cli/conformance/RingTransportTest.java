package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.virtrig.client.RefusalException;
import io.virtrig.client.VirtrigClient;
import io.virtrig.testcontainers.VirtrigExtension;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.RunVirtqueuesRequest;
import io.virtrig.v1.WalkImageRequest;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(VirtrigExtension.class)
class RingTransportTest {

  @Test
  void whatIsRefusedByItselfIsToldByItsFieldAlone(VirtrigClient client) {
    try (RingTransport transport = new RingTransport(client, 1)) {
      assertThat(fieldOf(() -> transport.walkImage(WalkImageRequest.getDefaultInstance())))
          .isEqualTo("unit");
      assertThat(
              fieldOf(
                  () -> transport.decodeDescriptor(DecodeDescriptorRequest.getDefaultInstance())))
          .isEqualTo("bytes");
      assertThat(fieldOf(() -> transport.run(RunVirtqueuesRequest.getDefaultInstance())))
          .isEqualTo("device.model");
    }
  }

  private static String fieldOf(ThrowingCallable call) {
    return catchThrowableOfType(RefusalException.class, call).field();
  }
}
