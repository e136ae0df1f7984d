package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.v1.IommuPasidTableConfig;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioIommuAttachPasidTableRequest;
import io.virtrig.v1.VfioIommuAttachPasidTableResponse;
import io.virtrig.v1.VfioIommuBindMsiRequest;
import io.virtrig.v1.VfioIommuBindMsiResponse;
import io.virtrig.v1.VfioIommuCacheInvalidateRequest;
import io.virtrig.v1.VfioIommuCacheInvalidateResponse;
import io.virtrig.v1.VfioIommuDetachPasidTableResponse;
import io.virtrig.v1.VfioIommuUnbindMsiRequest;
import io.virtrig.v1.VfioIommuUnbindMsiResponse;
import io.virtrig.wire.Results;
import java.util.List;

/**
 * What the nested SMMUv3 series v7 adds to a container: the guest's stage 1, over all of its
 * domains (vfio_iommu_type1.c, patches 6 to 9 of the VFIO part).
 */
final class Stage1Ioctls {
  /** sizeof(struct vfio_iommu_type1_set_pasid_table). */
  private static final int ATTACH_SIZE = 40;

  /** sizeof(struct vfio_iommu_type1_cache_invalidate). */
  private static final int INVALIDATE_SIZE = 56;

  /** sizeof(struct vfio_iommu_type1_bind_msi). */
  private static final int BIND_MSI_SIZE = 32;

  /** sizeof(struct vfio_iommu_type1_unbind_msi). */
  private static final int UNBIND_MSI_SIZE = 16;

  private final List<VfioDomain> domains;

  Stage1Ioctls(List<VfioDomain> domains) {
    this.domains = domains;
  }

  /** VFIO_IOMMU_ATTACH_PASID_TABLE. Where a domain refuses, those before it lose theirs. */
  Result attachPasidTable(VfioIommuAttachPasidTableRequest arg) {
    require(arg.hasArgsz() ? arg.getArgsz() : ATTACH_SIZE, ATTACH_SIZE, arg.getFlags());
    IommuPasidTableConfig config = arg.getConfig();
    int done = 0;
    try {
      for (VfioDomain domain : domains) {
        domain.driver().attachPasidTable(config);
        done++;
      }
    } catch (KernelError e) {
      domains.subList(0, done).forEach(domain -> domain.driver().detachPasidTable());
      throw e;
    }
    return Results.of(VfioIommuAttachPasidTableResponse.getDefaultInstance());
  }

  /** VFIO_IOMMU_DETACH_PASID_TABLE. */
  Result detachPasidTable() {
    domains.forEach(domain -> domain.driver().detachPasidTable());
    return Results.of(VfioIommuDetachPasidTableResponse.getDefaultInstance());
  }

  /** VFIO_IOMMU_CACHE_INVALIDATE. The first refusal ends it; what was done stays done. */
  Result invalidate(VfioIommuCacheInvalidateRequest arg) {
    require(arg.hasArgsz() ? arg.getArgsz() : INVALIDATE_SIZE, INVALIDATE_SIZE, arg.getFlags());
    domains.forEach(domain -> domain.driver().invalidate(arg.getInfo()));
    return Results.of(VfioIommuCacheInvalidateResponse.getDefaultInstance());
  }

  /** VFIO_IOMMU_BIND_MSI. Where a domain refuses, those before it are unbound. */
  Result bindMsi(VfioIommuBindMsiRequest arg) {
    require(arg.hasArgsz() ? arg.getArgsz() : BIND_MSI_SIZE, BIND_MSI_SIZE, arg.getFlags());
    int done = 0;
    try {
      for (VfioDomain domain : domains) {
        domain.driver().bindMsi(arg.getIova(), arg.getGpa(), arg.getSize());
        done++;
      }
    } catch (KernelError e) {
      domains.subList(0, done).forEach(domain -> domain.driver().unbindMsi(arg.getIova()));
      throw e;
    }
    return Results.of(VfioIommuBindMsiResponse.getDefaultInstance());
  }

  /** VFIO_IOMMU_UNBIND_MSI. */
  Result unbindMsi(VfioIommuUnbindMsiRequest arg) {
    require(arg.hasArgsz() ? arg.getArgsz() : UNBIND_MSI_SIZE, UNBIND_MSI_SIZE, arg.getFlags());
    domains.forEach(domain -> domain.driver().unbindMsi(arg.getIova()));
    return Results.of(VfioIommuUnbindMsiResponse.getDefaultInstance());
  }

  private static void require(int argsz, int least, int flags) {
    Argsz.check(argsz, least);
    if (flags != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags));
    }
  }
}
