package io.virtrig.emulator.kernel.iommu;

import static io.virtrig.uapi.NestingSeries.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.v1.IommuInvAddrInfo;
import io.virtrig.v1.IommuInvPasidInfo;
import io.virtrig.v1.IommuNestingData;
import org.jspecify.annotations.Nullable;

/**
 * struct iommu_cache_invalidate_info of the vSVA series after the checks of the IOMMU core
 * (iommu_uapi_cache_invalidate and iommu_check_cache_invl_data in drivers/iommu/iommu.c, 5.10).
 *
 * @param cache IOMMU_CACHE_INV_TYPE_*
 * @param granularity IOMMU_INV_GRANU_*
 * @param pasid the PASID that the granule names; 0 where its PASID flag is not set
 * @param addr the granule's address
 * @param granuleSize bytes of a granule
 * @param granules how many
 * @param leaf upper paging structures stay
 */
public record CacheInvalidation(
    int cache,
    int granularity,
    long pasid,
    long addr,
    long granuleSize,
    long granules,
    boolean leaf) {
  private static final int FIXED_SIZE = 16;
  private static final int PASID_INFO_SIZE = 16;
  private static final int ADDR_INFO_SIZE = 40;

  private static final int CACHES =
      IOMMU_CACHE_INV_TYPE_IOTLB | IOMMU_CACHE_INV_TYPE_DEV_IOTLB | IOMMU_CACHE_INV_TYPE_PASID;
  private static final int PASID_FLAGS = IOMMU_INV_PASID_FLAGS_PASID | IOMMU_INV_PASID_FLAGS_ARCHID;
  private static final int ADDR_FLAGS =
      IOMMU_INV_ADDR_FLAGS_PASID | IOMMU_INV_ADDR_FLAGS_ARCHID | IOMMU_INV_ADDR_FLAGS_LEAF;

  /**
   * Checks the struct.
   *
   * @param data null where it cannot be read
   */
  public static CacheInvalidation of(@Nullable IommuNestingData data) {
    if (data == null) {
      throw KernelError.fault("struct iommu_cache_invalidate_info cannot be read");
    }
    long argsz = data.hasArgsz() ? Integer.toUnsignedLong(data.getArgsz()) : size(data);
    int granularity = data.getGranularity();
    if (argsz < FIXED_SIZE) {
      throw KernelError.invalid("data.argsz " + argsz + " is below " + FIXED_SIZE);
    }
    if (data.getVersion() != IOMMU_CACHE_INVALIDATE_INFO_VERSION_1) {
      throw KernelError.invalid(
          "data.version " + Integer.toUnsignedString(data.getVersion()) + " is not 1");
    }
    if ((data.getCache() & ~CACHES) != 0) {
      throw KernelError.invalid(
          "unknown bits of data.cache 0x" + Integer.toHexString(data.getCache()));
    }
    if (Integer.compareUnsigned(granularity, IOMMU_INV_GRANU_ADDR) > 0) {
      throw KernelError.invalid(
          "data.granularity " + Integer.toUnsignedString(granularity) + " is unknown");
    }
    return switch (granularity) {
      case IOMMU_INV_GRANU_ADDR -> address(data, argsz);
      case IOMMU_INV_GRANU_PASID -> pasid(data, argsz);
      default -> domain(data);
    };
  }

  private static int size(IommuNestingData data) {
    if (data.getGranu().hasAddrInfo()) {
      return FIXED_SIZE + ADDR_INFO_SIZE;
    }
    return data.getGranu().hasPasidInfo() ? FIXED_SIZE + PASID_INFO_SIZE : FIXED_SIZE;
  }

  private static CacheInvalidation address(IommuNestingData data, long argsz) {
    IommuInvAddrInfo info = data.getGranu().getAddrInfo();
    if ((data.getCache() & IOMMU_CACHE_INV_TYPE_PASID) != 0) {
      throw KernelError.invalid("the PASID cache has no addresses");
    }
    requireRoom(argsz, FIXED_SIZE + ADDR_INFO_SIZE);
    requireKnown(info.getFlags(), ADDR_FLAGS);
    GpasidBind.requireZero(data.getPadding());
    return new CacheInvalidation(
        data.getCache(),
        IOMMU_INV_GRANU_ADDR,
        (info.getFlags() & IOMMU_INV_ADDR_FLAGS_PASID) != 0 ? info.getPasid() : 0,
        info.getAddr(),
        info.getGranuleSize(),
        info.getNbGranules(),
        (info.getFlags() & IOMMU_INV_ADDR_FLAGS_LEAF) != 0);
  }

  private static CacheInvalidation pasid(IommuNestingData data, long argsz) {
    IommuInvPasidInfo info = data.getGranu().getPasidInfo();
    requireRoom(argsz, FIXED_SIZE + PASID_INFO_SIZE);
    requireKnown(info.getFlags(), PASID_FLAGS);
    GpasidBind.requireZero(data.getPadding());
    boolean named = (info.getFlags() & IOMMU_INV_PASID_FLAGS_PASID) != 0;
    return new CacheInvalidation(
        data.getCache(), IOMMU_INV_GRANU_PASID, named ? info.getPasid() : 0, 0, 0, 0, false);
  }

  private static CacheInvalidation domain(IommuNestingData data) {
    if ((data.getCache() & IOMMU_CACHE_INV_TYPE_DEV_IOTLB) != 0) {
      throw KernelError.invalid("a device's TLB has no domains");
    }
    GpasidBind.requireZero(data.getPadding());
    return new CacheInvalidation(data.getCache(), IOMMU_INV_GRANU_DOMAIN, 0, 0, 0, 0, false);
  }

  private static void requireRoom(long argsz, int least) {
    if (argsz < least) {
      throw KernelError.invalid("data.argsz " + argsz + " is below " + least);
    }
  }

  private static void requireKnown(int flags, int known) {
    if ((flags & ~known) != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags & ~known));
    }
  }
}
