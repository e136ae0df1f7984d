package io.virtrig.emulator.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.Access;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import io.virtrig.v1.MemoryBytes;
import io.virtrig.v1.MemoryRange;
import io.virtrig.v1.SmmuImage;
import io.virtrig.v1.VtdImage;
import io.virtrig.v1.Walk;
import io.virtrig.v1.WalkImageRequest;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ImageWalksTest {
  private static final long FIRST_LEVEL = 1 | 1 << 6;

  /** 4 levels of first level at 0x1000 to 0x4000; 0x5000 is mapped at 0. */
  private static WalkImageRequest.Builder image() {
    WalkImageRequest.Builder request =
        WalkImageRequest.newBuilder()
            .setVtd(
                VtdImage.newBuilder()
                    .setHostAddressWidth(46)
                    .setEcap(1L << 47)
                    .addPasidEntry(FIRST_LEVEL)
                    .addPasidEntry(1)
                    .addPasidEntry(0x1000))
            .addRam(MemoryRange.newBuilder().setSize(0x10000));
    for (int table = 1; table <= 4; table++) {
      byte[] entry = {0x07, (byte) ((table + 1) << 4)};
      request.addMemory(
          MemoryBytes.newBuilder().setAddress(table << 12).setBytes(ByteString.copyFrom(entry)));
    }
    return request;
  }

  private static Walk walk(WalkImageRequest.Builder request) {
    return ImageWalks.walk(request.build()).getWalks(0);
  }

  private static void refused(WalkImageRequest.Builder request, String field) {
    assertThatThrownBy(() -> ImageWalks.walk(request.build()))
        .isInstanceOfSatisfying(
            Refused.class, refused -> assertThat(refused.field()).isEqualTo(field));
  }

  @Test
  void everyStepAndUpdateIsShown() {
    Walk walk = walk(image().addAccesses(Access.newBuilder().setIova(0x10).setWrite(true)));
    assertThat(walk.getVerdict().getTranslated().getAddress()).isEqualTo(0x5010);
    assertThat(walk.getReferences()).isEqualTo(4);
    assertThat(walk.getStepsList()).extracting(step -> step.getLevel()).containsExactly(4, 3, 2, 1);
    assertThat(walk.getSteps(3).getBitsList()).contains("P", "R/W", "U/S", "address 0x5000");
    assertThat(walk.getUpdatesList())
        .extracting(update -> update.getWord())
        .containsExactly(0x2027L, 0x3027L, 0x4027L, 0x5067L);
  }

  @Test
  void eachAccessBeginsWithTheImageAsGiven() {
    WalkImageRequest.Builder twice =
        image().addAccesses(Access.getDefaultInstance()).addAccesses(Access.getDefaultInstance());
    var walks = ImageWalks.walk(twice.build()).getWalksList();
    assertThat(walks.get(0)).isEqualTo(walks.get(1));
    assertThat(ImageWalks.walk(twice.setVerdictOnly(true).build()).getWalks(0).getStepsList())
        .isEmpty();
  }

  @Test
  void boundsAreJudged() {
    refused(image().addAccesses(Access.newBuilder().setSource(0x10000)), "accesses[0].source");
    refused(image().addAccesses(Access.newBuilder().setPasid(1 << 20)), "accesses[0].pasid");
    refused(image().addAccesses(Access.newBuilder().setPasid(-1)), "accesses[0].pasid");
    for (int width : new int[] {0, 31, 53, -1}) {
      WalkImageRequest.Builder image = image();
      image.getVtdBuilder().setHostAddressWidth(width);
      refused(image, "vtd.host_address_width");
    }
    WalkImageRequest.Builder long9 = image();
    for (int word = 0; word < 9; word++) {
      long9.getVtdBuilder().addPasidEntry(0);
    }
    refused(long9, "vtd.pasid_entry");
    refused(WalkImageRequest.newBuilder(), "unit");
    refused(image().addRam(MemoryRange.newBuilder().setBase(0x8000).setSize(1)), "ram[1]");
    refused(image().addRam(MemoryRange.newBuilder().setBase(-1).setSize(2)), "ram[1].size");
    refused(WalkImageRequest.newBuilder().setSmmu(SmmuImage.newBuilder().setIdr1(33)), "smmu.idr1");
  }

  /** Random units over random tables: every walk ends, and nothing is thrown. */
  @Test
  void anyImageCanBeWalked() {
    Random random = new Random(7);
    byte[] bytes = new byte[0x8000];
    for (int i = 0; i < 300; i++) {
      random.nextBytes(bytes);
      for (int at = 0; at < bytes.length; at += 8) {
        bytes[at] |= 7;
        for (int high = 2; high < 8; high++) {
          bytes[at + high] &= (byte) (random.nextInt(8) == 0 ? -1 : 0);
        }
        bytes[at + 1] &= 0x7f;
      }
      WalkImageRequest.Builder request =
          WalkImageRequest.newBuilder()
              .addRam(MemoryRange.newBuilder().setSize(bytes.length))
              .addMemory(MemoryBytes.newBuilder().setBytes(ByteString.copyFrom(bytes)));
      if (i % 2 == 0) {
        request.setVtd(
            VtdImage.newBuilder()
                .setHostAddressWidth(32 + random.nextInt(21))
                .setCap(random.nextLong())
                .setEcap(random.nextLong())
                .setRtaddr(random.nextInt(0x8000)));
      } else {
        request.setSmmu(
            SmmuImage.newBuilder()
                .setIdr0(random.nextInt())
                .setIdr1(random.nextInt(33))
                .setIdr5(random.nextInt())
                .setStrtabBase(random.nextInt(0x8000))
                .setStrtabBaseCfg(random.nextInt()));
      }
      for (int access = 0; access < 20; access++) {
        request.addAccesses(
            Access.newBuilder()
                .setSource(random.nextInt(0x10000))
                .setIova(random.nextLong() >>> random.nextInt(64))
                .setWrite(random.nextBoolean()));
      }
      assertThat(ImageWalks.walk(request.build()).getWalksList())
          .allSatisfy(
              walk -> {
                assertThat(walk.getReferences()).isLessThanOrEqualTo(35);
                assertThat(walk.getVerdict().getOutcomeCase().getNumber()).isNotZero();
              });
    }
  }

  private static DecodeDescriptorResponse decode(String hex, boolean viommu) {
    return DescriptorDecoding.decode(
        DecodeDescriptorRequest.newBuilder()
            .setBytes(ByteString.copyFrom(HexFormat.of().parseHex(hex)))
            .setViommu(viommu)
            .build());
  }

  @Test
  void descriptorsAreExplained() {
    assertThat(decode("210006c1000000000000000000000000", false).getExplanation())
        .isEqualTo("Forget context entries: all of domain 49414.");
    assertThat(decode("210006c1000000000000000000000000", true).getTreatedAs()).isEqualTo("global");
    assertThat(decode("0d000000000000000000000000000000", false).getError().getIqei()).isEqualTo(3);
    assertThatThrownBy(() -> decode("0d", false)).isInstanceOf(Refused.class);
  }
}
