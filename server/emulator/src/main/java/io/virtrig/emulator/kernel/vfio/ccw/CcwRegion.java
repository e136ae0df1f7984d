package io.virtrig.emulator.kernel.vfio.ccw;

import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.css.Subchannel;
import io.virtrig.emulator.kernel.vfio.Argsz;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceGetRegionInfoRequest;
import io.virtrig.v1.VfioDeviceGetRegionInfoResponse;
import io.virtrig.v1.VfioRegionInfoCapability;
import io.virtrig.wire.Results;

/** The regions of a device, in the order of their indexes. */
enum CcwRegion {
  /** struct ccw_io_region. */
  IO(124, true, 0),
  /** struct ccw_cmd_region. */
  ASYNC_CMD(8, true, VFIO_REGION_SUBTYPE_CCW_ASYNC_CMD),
  /** struct ccw_schib_region. */
  SCHIB(Subchannel.SCHIB_SIZE, false, VFIO_REGION_SUBTYPE_CCW_SCHIB),
  /** struct ccw_crw_region. */
  CRW(8, false, VFIO_REGION_SUBTYPE_CCW_CRW);

  /** VFIO_CCW_OFFSET_SHIFT. */
  private static final int OFFSET_SHIFT = 10;

  /** sizeof(struct vfio_region_info). */
  private static final int INFO_SIZE = 32;

  /** sizeof(struct vfio_region_info_cap_type). */
  private static final int TYPE_CAP_SIZE = 16;

  private final int size;
  private final boolean writable;
  private final int subtype;

  CcwRegion(int size, boolean writable, int subtype) {
    this.size = size;
    this.writable = writable;
    this.subtype = subtype;
  }

  int size() {
    return size;
  }

  /** The region that an offset in the device's file lies in. EINVAL. */
  static CcwRegion at(long offset) {
    return get(offset >>> OFFSET_SHIFT);
  }

  private static CcwRegion get(long index) {
    if (Long.compareUnsigned(index, values().length) >= 0) {
      throw KernelError.invalid(
          "region index " + Long.toUnsignedString(index) + " is not below " + values().length);
    }
    return values()[(int) index];
  }

  /** Where in the region an access begins. EINVAL beyond its end. */
  int position(long offset, int length) {
    int position = (int) offset & (1 << OFFSET_SHIFT) - 1;
    if (position + length > size) {
      throw KernelError.invalid(
          "position " + position + " + count " + length + " is beyond the region's " + size);
    }
    return position;
  }

  /** VFIO_DEVICE_GET_REGION_INFO. */
  static Result info(VfioDeviceGetRegionInfoRequest arg) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : INFO_SIZE;
    Argsz.check(argsz, INFO_SIZE);
    CcwRegion region = get(Integer.toUnsignedLong(arg.getIndex()));
    int flags = VFIO_REGION_INFO_FLAG_READ | (region.writable ? VFIO_REGION_INFO_FLAG_WRITE : 0);
    VfioDeviceGetRegionInfoResponse.Builder out =
        VfioDeviceGetRegionInfoResponse.newBuilder()
            .setArgsz(argsz)
            .setIndex(arg.getIndex())
            .setSize(region.size)
            .setOffset((long) arg.getIndex() << OFFSET_SHIFT);
    if (region != IO) {
      flags |= VFIO_REGION_INFO_FLAG_CAPS;
      if (Integer.compareUnsigned(argsz, INFO_SIZE + TYPE_CAP_SIZE) < 0) {
        out.setArgsz(INFO_SIZE + TYPE_CAP_SIZE);
      } else {
        out.setCapOffset(INFO_SIZE)
            .addCaps(
                VfioRegionInfoCapability.newBuilder()
                    .setId(VFIO_REGION_INFO_CAP_TYPE)
                    .setVersion(1)
                    .setType(VFIO_REGION_TYPE_CCW)
                    .setSubtype(region.subtype));
      }
    }
    return Results.of(out.setFlags(flags));
  }
}
