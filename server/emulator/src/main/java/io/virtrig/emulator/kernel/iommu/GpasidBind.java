package io.virtrig.emulator.kernel.iommu;

import static io.virtrig.uapi.NestingSeries.IOMMU_GPASID_BIND_VERSION_1;
import static io.virtrig.uapi.NestingSeries.IOMMU_SVA_GPASID_VAL;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.v1.IommuGpasidBindDataVtd;
import io.virtrig.v1.IommuNestingData;
import org.jspecify.annotations.Nullable;

/**
 * struct iommu_gpasid_bind_data after the checks of the IOMMU core (iommu_sva_prepare_bind_data and
 * iommu_check_bind_data in drivers/iommu/iommu.c, 5.10).
 *
 * @param argsz bytes that the caller says it has
 * @param format IOMMU_PASID_FORMAT_*
 * @param addrWidth bits of a guest-virtual address
 * @param gpgd guest-physical address of the top table
 * @param hpasid the PASID
 * @param vtdFlags IOMMU_SVA_VTD_GPASID_*
 */
public record GpasidBind(
    long argsz, int format, int addrWidth, long gpgd, long hpasid, long vtdFlags) {
  /** The struct up to the vendor's part, and all of it. */
  public static final int FIXED_SIZE = 56;

  /** With VT-d's part. */
  public static final int SIZE = 72;

  /** IOMMU_PASID_FORMAT_LAST: formats from here on are unknown. */
  private static final int FORMAT_LAST = 2;

  /**
   * Checks the struct.
   *
   * @param data null where it cannot be read
   */
  public static GpasidBind of(@Nullable IommuNestingData data) {
    if (data == null) {
      throw KernelError.fault("struct iommu_gpasid_bind_data cannot be read");
    }
    long argsz = data.hasArgsz() ? Integer.toUnsignedLong(data.getArgsz()) : SIZE;
    if (argsz < FIXED_SIZE) {
      throw KernelError.invalid("data.argsz " + argsz + " is below " + FIXED_SIZE);
    }
    if (data.getVersion() != IOMMU_GPASID_BIND_VERSION_1) {
      throw KernelError.invalid(
          "data.version " + Integer.toUnsignedString(data.getVersion()) + " is not 1");
    }
    if (Integer.compareUnsigned(data.getFormat(), FORMAT_LAST) >= 0) {
      throw KernelError.invalid(
          "data.format " + Integer.toUnsignedString(data.getFormat()) + " is unknown");
    }
    if ((data.getFlags() & ~IOMMU_SVA_GPASID_VAL) != 0) {
      throw KernelError.invalid(
          "unknown data.flags 0x" + Long.toHexString(data.getFlags() & ~IOMMU_SVA_GPASID_VAL));
    }
    requireZero(data.getPadding());
    IommuGpasidBindDataVtd vtd = data.getVendor().getVtd();
    return new GpasidBind(
        argsz,
        data.getFormat(),
        data.getAddrWidth(),
        data.getGpgd(),
        data.getHpasid(),
        vtd.getFlags());
  }

  static void requireZero(ByteString padding) {
    for (int i = 0; i < padding.size(); i++) {
      if (padding.byteAt(i) != 0) {
        throw KernelError.invalid("byte " + i + " of data.padding is not 0");
      }
    }
  }
}
