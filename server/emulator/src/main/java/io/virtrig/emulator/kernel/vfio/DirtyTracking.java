package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.Vfio.VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioIommuDirtyPagesRequest;
import io.virtrig.v1.VfioIommuDirtyPagesResponse;
import io.virtrig.v1.VfioIommuDirtyRange;
import io.virtrig.wire.Results;

/**
 * Which pages devices have written, asked for by VFIO_IOMMU_DIRTY_PAGES
 * (vfio_iommu_type1_dirty_pages).
 */
final class DirtyTracking {
  /** sizeof(struct vfio_iommu_type1_dirty_bitmap) without the data. */
  private static final int DIRTY_SIZE = 8;

  /** sizeof(struct vfio_iommu_type1_dirty_bitmap_get). */
  private static final int DIRTY_GET_SIZE = 40;

  private static final int DIRTY_FLAGS =
      VFIO_IOMMU_DIRTY_PAGES_FLAG_START
          | VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP
          | VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;

  private final Iommu iommu;
  private final ExtentMap<VfioDma> mappings;
  private final boolean v2;
  private boolean on;

  DirtyTracking(Iommu iommu, ExtentMap<VfioDma> mappings, boolean v2) {
    this.iommu = iommu;
    this.mappings = mappings;
    this.v2 = v2;
  }

  boolean on() {
    return on;
  }

  /** vfio_iommu_type1_dirty_pages. */
  Result ioctl(VfioIommuDirtyPagesRequest arg) {
    int flags = arg.getFlags();
    boolean get = (flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP) != 0;
    int argsz = arg.hasArgsz() ? arg.getArgsz() : get ? DIRTY_SIZE + DIRTY_GET_SIZE : DIRTY_SIZE;
    if (!v2) {
      throw new KernelError(Errno.EACCES, "a container of VFIO_TYPE1_IOMMU has no dirty tracking");
    }
    Argsz.check(argsz, DIRTY_SIZE);
    if ((flags & ~DIRTY_FLAGS) != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags & ~DIRTY_FLAGS));
    }
    if (Integer.bitCount(flags) != 1) {
      throw KernelError.invalid("exactly one of START, STOP and GET_BITMAP must be set");
    }
    VfioIommuDirtyPagesResponse.Builder out =
        VfioIommuDirtyPagesResponse.newBuilder().setArgsz(argsz).setFlags(flags);
    if (get) {
      out.setRange(getBitmap(argsz, arg.getRange()));
    } else {
      track((flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_START) != 0);
    }
    return Results.of(out);
  }

  private void track(boolean start) {
    on = start;
    if (!start) {
      mappings.all().forEach(VfioDma::forgetDirty);
    }
  }

  private VfioIommuDirtyRange getBitmap(int argsz, VfioIommuDirtyRange range) {
    long start = range.getIova();
    long size = range.getSize();
    long mask = iommu.smallestPage() - 1;
    if (Integer.compareUnsigned(argsz - DIRTY_SIZE, DIRTY_GET_SIZE) < 0) {
      throw KernelError.invalid(
          "argsz " + Integer.toUnsignedString(argsz) + " has no room for the range");
    }
    if (Long.compareUnsigned(start + size, start) < 0) {
      throw KernelError.invalid("iova + size wraps");
    }
    UserBitmap.requireRoom(range.getBitmap(), size);
    UserBitmap.requirePageSize(range.getBitmap(), iommu.smallestPage());
    DmaRange.requireAligned("iova", start, mask);
    if (size == 0) {
      throw KernelError.invalid("size is 0");
    }
    DmaRange.requireAligned("size", size, mask);
    require();
    long last = start + size - 1;
    DmaRange.requireWhole(mappings, start, last);
    UserBitmap bitmap = new UserBitmap(range.getBitmap());
    VfioDma hit = mappings.firstIn(start, last);
    while (hit != null && Long.compareUnsigned(hit.start(), last) <= 0) {
      bitmap.query(hit, start);
      hit = mappings.after(hit);
    }
    return range.toBuilder().setBitmap(bitmap.filled()).build();
  }

  /** EINVAL while it is off. */
  void require() {
    if (!on) {
      throw KernelError.invalid("dirty tracking has not been started");
    }
  }
}
