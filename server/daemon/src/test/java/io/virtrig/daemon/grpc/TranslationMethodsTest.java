package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.v1.Access;
import io.virtrig.v1.BatchDecodeDescriptorsRequest;
import io.virtrig.v1.BatchWalkImagesRequest;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.MemoryBytes;
import io.virtrig.v1.MemoryRange;
import io.virtrig.v1.TranslationServiceGrpc;
import io.virtrig.v1.TranslationServiceGrpc.TranslationServiceBlockingStub;
import io.virtrig.v1.VtdImage;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WalkImageResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class TranslationMethodsTest {
  private static final int NARROW = 16;
  private static final int MOST = 1024;
  private static final int MOST_IMAGES = 64;
  private static final int IMAGE = 0x1000;
  private static final long CAP_48_BITS_4_LEVELS = 47L << 16 | 1 << 10;
  private static final long ECAP_SCALABLE_FIRST_LEVEL = 1L << 43 | 1L << 47;
  private static final long FIRST_LEVEL_4_LEVELS = 0x49;
  private static final long PRESENT_WRITABLE_USER_ACCESSED = 0x27;

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

  @Test
  void severalImagesAreWalkedAsEachAlone() {
    SplittableRandom random = new SplittableRandom(6);
    List<WalkImageRequest> requests =
        Stream.generate(() -> anyImage(random)).limit(MOST_IMAGES).toList();
    List<WalkImageResponse> alone = requests.stream().map(translation::walkImage).toList();
    assertThat(walkAll(requests)).isEqualTo(alone);
    assertThat(alone.stream().distinct()).hasSizeGreaterThan(MOST_IMAGES / 2);
  }

  @Test
  void theFirstImageThatMakesNoSenseIsNamed() {
    WalkImageRequest good = anyImage(new SplittableRandom(1));
    WalkImageRequest narrow =
        good.toBuilder().setVtd(good.getVtd().toBuilder().setHostAddressWidth(31)).build();
    WalkImageRequest unitless = good.toBuilder().clearVtd().build();
    assertThat(refusedImages(List.of(good, narrow, unitless)))
        .hasMessageContaining("requests[1]: vtd.host_address_width: 31 is not from 32 to 52");
  }

  @Test
  void imagesAreSomeAndHaveNoMoreAccessesThanOneMay() {
    assertThat(refusedImages(List.of()))
        .hasMessageContaining("requests: 0 images, where 1 to 64 go together");
    assertThat(refusedImages(Collections.nCopies(65, WalkImageRequest.getDefaultInstance())))
        .hasMessageContaining("requests: 65 images");
    WalkImageRequest many =
        WalkImageRequest.newBuilder()
            .addAllAccesses(Collections.nCopies(2049, Access.getDefaultInstance()))
            .build();
    assertThat(refusedImages(List.of(many, many)))
        .hasMessageContaining("requests.accesses: at most 4096 accesses in all, not 4098");
  }

  private List<WalkImageResponse> walkAll(List<WalkImageRequest> requests) {
    return translation
        .batchWalkImages(BatchWalkImagesRequest.newBuilder().addAllRequests(requests).build())
        .getImagesList();
  }

  private StatusRuntimeException refusedImages(List<WalkImageRequest> requests) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> walkAll(requests));
  }

  /** A page of first-level entries that all lead to that page, and an access to anywhere. */
  private static WalkImageRequest anyImage(SplittableRandom random) {
    ByteBuffer entries = ByteBuffer.allocate(IMAGE).order(ByteOrder.LITTLE_ENDIAN);
    while (entries.hasRemaining()) {
      entries.putLong(PRESENT_WRITABLE_USER_ACCESSED);
    }
    return WalkImageRequest.newBuilder()
        .setVtd(
            VtdImage.newBuilder()
                .setHostAddressWidth(39)
                .setCap(CAP_48_BITS_4_LEVELS)
                .setEcap(ECAP_SCALABLE_FIRST_LEVEL)
                .addPasidEntry(FIRST_LEVEL_4_LEVELS)
                .addPasidEntry(1)
                .addPasidEntry(0))
        .addRam(MemoryRange.newBuilder().setSize(IMAGE))
        .addMemory(MemoryBytes.newBuilder().setBytes(ByteString.copyFrom(entries.array())))
        .addAccesses(Access.newBuilder().setIova(random.nextLong(1L << 47)).setPasid(0))
        .build();
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
