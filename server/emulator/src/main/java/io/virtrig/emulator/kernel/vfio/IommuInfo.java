package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.Vfio.VFIO_IOMMU_INFO_CAPS;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_INFO_PGSIZES;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL;

import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.UapiProfile;
import io.virtrig.v1.IommuNestingInfo;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioIommuGetInfoRequest;
import io.virtrig.v1.VfioIommuGetInfoResponse;
import io.virtrig.v1.VfioIommuInfoCapability;
import io.virtrig.v1.VfioIovaRange;
import io.virtrig.wire.Results;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * VFIO_IOMMU_GET_INFO: what a container's IOMMU offers, with its chain of capabilities
 * (vfio_iommu_type1_get_info).
 */
final class IommuInfo {
  /** The struct up to {@code iova_pgsizes}: what every caller must have. */
  private static final int FIXED_SIZE = 16;

  /** sizeof(struct vfio_iommu_type1_info): where the chain begins. */
  private static final int HEADER_SIZE = 24;

  private static final int MIGRATION_SIZE = 32;
  private static final int DMA_AVAIL_SIZE = 12;
  private static final int IOVA_RANGE_SIZE = 16;

  /** The header of a capability. */
  private static final int CAP_HEADER_SIZE = 8;

  /**
   * The number of the nesting capability in vSVA v4 to v7, and in v8, where DMA_AVAIL has taken it.
   */
  private static final int CAP_NESTING = 3;

  private static final int CAP_NESTING_V8 = 4;

  private IommuInfo() {}

  static Result get(
      VfioIommuGetInfoRequest arg,
      Iommu iommu,
      int available,
      NestingContainer nesting,
      UapiProfile uapi) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : FIXED_SIZE;
    Argsz.check(argsz, FIXED_SIZE);
    int size = 0;
    List<VfioIommuInfoCapability> caps = new ArrayList<>();

    caps.add(
        VfioIommuInfoCapability.newBuilder()
            .setId(VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION)
            .setVersion(1)
            .setFlags(0)
            .setPgsizeBitmap(PhysicalMemory.PAGE_SIZE)
            .setMaxDirtyBitmapSize(UserBitmap.DIRTY_BITMAP_SIZE_MAX)
            .build());
    size += MIGRATION_SIZE;

    // vSVA v4 to v7 were posted before DMA_AVAIL came.
    if (!uapi.vfioPasidRequest()) {
      caps.add(
          VfioIommuInfoCapability.newBuilder()
              .setId(VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
              .setVersion(1)
              .setAvail(available)
              .build());
      size += DMA_AVAIL_SIZE;
    }

    // A container without a domain has no list of ranges.
    if (iommu.present()) {
      VfioIommuInfoCapability.Builder ranges =
          VfioIommuInfoCapability.newBuilder()
              .setId(VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
              .setVersion(1);
      for (Iommu.Range range : iommu.usableRanges()) {
        ranges.addIovaRanges(
            VfioIovaRange.newBuilder().setStart(range.start()).setEnd(range.last()));
      }
      caps.add(ranges.build());
      size += IOVA_RANGE_SIZE + IOVA_RANGE_SIZE * iommu.usableRanges().size();
    }

    @Nullable IommuNestingInfo info = nesting.info();
    if (info != null) {
      caps.add(
          VfioIommuInfoCapability.newBuilder()
              .setId(uapi == UapiProfile.VSVA_V8 ? CAP_NESTING_V8 : CAP_NESTING)
              .setVersion(1)
              .setInfo(info)
              .build());
      size += CAP_HEADER_SIZE + info.getArgsz();
    }

    VfioIommuGetInfoResponse.Builder out =
        VfioIommuGetInfoResponse.newBuilder()
            .setFlags(VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS)
            .setIovaPgsizes(iommu.pageSizes());
    if (Integer.compareUnsigned(argsz, HEADER_SIZE + size) < 0) {
      out.setArgsz(HEADER_SIZE + size);
    } else {
      out.setArgsz(argsz).setCapOffset(HEADER_SIZE).addAllCaps(caps);
    }
    return Results.of(out);
  }
}
