package io.virtrig.emulator.hardware.iommu.vtd;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.DeviceTlb;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.Granularity;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.Malformed;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.PasidIotlb;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QueueDecoderTest {
  private static final int MAMV = 18;
  private static final QueueDecoder WIDE = new QueueDecoder(true, true, MAMV);
  private static final QueueDecoder NARROW = new QueueDecoder(false, true, MAMV);
  private static final QueueDecoder LEGACY = new QueueDecoder(true, false, MAMV);

  private static final long PASID_IOTLB_PAGE = 0x36;
  private static final long PAGE_GROUP_RESPONSE = 0x9;

  @Test
  void typesOfScalableModeAreRefusedInLegacyMode() {
    for (long type = 6; type <= 9; type++) {
      assertThat(LEGACY.decode(type, 0, 0, 0)).isEqualTo(new Malformed(QueueError.TABLE_MODE));
    }
  }

  @Test
  void pageGroupResponseNeedsAWideQueue() {
    assertThat(NARROW.decode(PAGE_GROUP_RESPONSE, 0, 0, 0))
        .isEqualTo(new Malformed(QueueError.DESCRIPTOR_WIDTH));
  }

  @Test
  void onlyPageGroupResponseHasMoreThanTwoWords() {
    assertThat(WIDE.decode(PASID_IOTLB_PAGE, 0, 1, 0))
        .isEqualTo(new Malformed(QueueError.RESERVED_FIELD));
    assertThat(WIDE.decode(PAGE_GROUP_RESPONSE, 0, 1, 2))
        .isInstanceOf(QueueDescriptor.PageGroupResponse.class);
  }

  @Test
  void addressMaskIsLimitedAndAlignsTheAddress() {
    assertThat(WIDE.decode(PASID_IOTLB_PAGE, 0x7f_ffff_f000L | MAMV, 0, 0))
        .isEqualTo(new PasidIotlb(Granularity.PAGE, 0, 0, 0x7f_c000_0000L, MAMV, false));
    assertThat(WIDE.decode(PASID_IOTLB_PAGE, MAMV + 1, 0, 0))
        .isEqualTo(new Malformed(QueueError.RESERVED_FIELD));
  }

  @Test
  void lowestClearAddressBitSizesADeviceTlbInvalidation() {
    assertThat(WIDE.decode(3, 0x1000_0001L, 0, 0))
        .isEqualTo(new DeviceTlb(0, 0x1000_0000L, 13, 0, 0));
    assertThat(WIDE.decode(3, -0x1000L | 1, 0, 0)).isEqualTo(new DeviceTlb(0, 0, 64, 0, 0));
    assertThat(WIDE.decode(3, -0x1000L, 0, 0)).isEqualTo(new DeviceTlb(0, -0x1000L, 12, 0, 0));
  }

  @Test
  void randomWordsAreDecodedOrRefused() {
    Random random = new Random(20260103);
    int decoded = 0;
    for (int round = 0; round < 100_000; round++) {
      long sparse = random.nextLong();
      for (int thinner = 0; thinner < 3; thinner++) {
        sparse &= random.nextLong();
      }
      QueueDescriptor descriptor =
          WIDE.decode((sparse & ~0xfL) | random.nextInt(16), sparse & -0x1000L, 0, 0);
      if (!(descriptor instanceof Malformed)) {
        decoded++;
      }
    }
    assertThat(decoded).isPositive();
  }
}
