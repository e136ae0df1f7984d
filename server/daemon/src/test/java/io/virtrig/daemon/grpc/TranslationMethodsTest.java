package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.v1.BatchDecodeDescriptorsRequest;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.TranslationServiceGrpc;
import io.virtrig.v1.TranslationServiceGrpc.TranslationServiceBlockingStub;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class TranslationMethodsTest {
  private static final int NARROW = 16;
  private static final int MOST = 1024;

  @AutoClose private final ServedDaemon daemon;
  private final TranslationServiceBlockingStub translation;

  TranslationMethodsTest() throws IOException {
    daemon = new ServedDaemon();
    translation = TranslationServiceGrpc.newBlockingStub(daemon.channel());
  }

  @Test
  void severalDescriptorsAreDecodedAsEachAlone() {
    SplittableRandom random = new SplittableRandom(4);
    List<DecodeDescriptorRequest> requests =
        Stream.generate(() -> any(random)).limit(MOST).toList();
    List<DecodeDescriptorResponse> alone =
        requests.stream().map(translation::decodeDescriptor).toList();
    assertThat(decodeAll(requests)).isEqualTo(alone);
    assertThat(alone.stream().distinct()).hasSizeGreaterThan(100);
  }

  @Test
  void theFirstThatMakesNoSenseIsNamedAndNoneIsDecoded() {
    DecodeDescriptorRequest good = any(new SplittableRandom(1));
    DecodeDescriptorRequest shorter =
        good.toBuilder().setBytes(good.getBytes().substring(1)).build();
    DecodeDescriptorRequest odd = good.toBuilder().setWidth(64).build();
    StatusRuntimeException refused = refused(List.of(good, shorter, odd));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused).hasMessageContaining("requests[1]").hasMessageContaining("15 bytes");
    assertThat(refused(List.of(odd))).hasMessageContaining("64 is neither 128 nor 256");
  }

  @Test
  void noneAndTooManyAreRefused() {
    assertThat(refused(List.of()))
        .hasMessageContaining("requests: 0 descriptors, where 1 to 1024 go together");
    assertThat(refused(Collections.nCopies(MOST + 1, DecodeDescriptorRequest.getDefaultInstance())))
        .hasMessageContaining("requests: 1025 descriptors");
  }

  private List<DecodeDescriptorResponse> decodeAll(List<DecodeDescriptorRequest> requests) {
    return translation
        .batchDecodeDescriptors(
            BatchDecodeDescriptorsRequest.newBuilder().addAllRequests(requests).build())
        .getDescriptorsList();
  }

  private StatusRuntimeException refused(List<DecodeDescriptorRequest> requests) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> decodeAll(requests));
  }

  /** A descriptor of 128 bits, most of them zero; its type is one that there is. */
  private static DecodeDescriptorRequest any(SplittableRandom random) {
    byte[] bytes = new byte[NARROW];
    for (int changes = random.nextInt(6); changes > 0; changes--) {
      bytes[random.nextInt(NARROW)] = (byte) random.nextInt();
    }
    bytes[0] = (byte) ((bytes[0] & 0xf0) | (1 + random.nextInt(8)));
    return DecodeDescriptorRequest.newBuilder()
        .setBytes(ByteString.copyFrom(bytes))
        .setWidth(NARROW * Byte.SIZE)
        .setViommu(random.nextBoolean())
        .build();
  }
}
