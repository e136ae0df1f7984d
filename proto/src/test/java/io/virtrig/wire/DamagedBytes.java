package io.virtrig.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Parser;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Bytes of a message that were cut or changed: read as protobuf reads them, or refused as by it.
 */
final class DamagedBytes {
  private static final int ROUNDS = 100_000;

  private DamagedBytes() {}

  static <M> void areReadAlike(Marshaller<M> here, Parser<M> protobuf, byte[] good, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes =
          Arrays.copyOf(good, random.nextInt(4) > 0 ? good.length : random.nextInt(good.length));
      for (int changes = random.nextInt(3); changes > 0 && bytes.length > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      M expected;
      try {
        expected = protobuf.parseFrom(bytes);
      } catch (InvalidProtocolBufferException e) {
        refused++;
        assertThatThrownBy(() -> here.parse(new ByteArrayInputStream(bytes)))
            .hasCauseInstanceOf(e.getClass());
        continue;
      }
      assertThat(here.parse(new ByteArrayInputStream(bytes))).isEqualTo(expected);
    }
    assertThat(refused).isBetween(ROUNDS / 10, ROUNDS * 9 / 10);
  }
}
