package io.virtrig.emulator.kernel.iommu.arm;

import static io.virtrig.uapi.NestingSeries.*;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.pci.Doorbells;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.iommu.DriverDomain;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.IommuCacheInvalidateInfo;
import io.virtrig.v1.IommuInvAddrInfo;
import io.virtrig.v1.IommuPasidTableConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * A domain of the SMMUv3 driver (struct arm_smmu_domain, arm-smmu-v3.c with the nested series v7).
 *
 * <p>In a nested one stage 2 is the host's; stage 1 is bypassed, the guest's, or aborts, for each
 * function apart: a function begins with stage 1 bypassed and loses all when it leaves.
 */
public final class ArmSmmuDomain extends DriverDomain {
  private final ArmSmmu smmu;
  private final boolean series;
  private final boolean nested;
  private final List<PciFunction> functions = new ArrayList<>(1);
  private final NestedMsi msi;

  /**
   * An empty domain.
   *
   * @param series the kernel has the nested series
   * @param nested both stages are there, and the domain was made to nest
   */
  ArmSmmuDomain(IommuDomain tables, ArmSmmu smmu, boolean series, boolean nested) {
    super(tables);
    this.smmu = smmu;
    this.series = series;
    this.nested = nested;
    msi = new NestedMsi(tables);
  }

  /**
   * arm_smmu_attach_dev. In a nested domain of the series all functions share one physical doorbell
   * (v9, patch 11; the same in v7).
   */
  @Override
  public void attach(PciFunction function) {
    if (series && nested && !functions.isEmpty()) {
      String doorbell = Doorbells.nameOf(functions.getFirst());
      if (!doorbell.equals(Doorbells.nameOf(function))) {
        throw KernelError.invalid(
            function.name()
                + " has doorbell "
                + Doorbells.nameOf(function)
                + ", the domain's functions have "
                + doorbell);
      }
    }
    super.attach(function);
    functions.add(function);
  }

  @Override
  public void detach(PciFunction function) {
    functions.remove(function);
    super.detach(function);
  }

  /** arm_smmu_attach_pasid_table. */
  @Override
  public void attachPasidTable(IommuPasidTableConfig config) {
    if (config.getFormat() != IOMMU_PASID_FORMAT_SMMUV3) {
      throw KernelError.invalid(
          "config.format " + Integer.toUnsignedString(config.getFormat()) + " is not SMMUv3's");
    }
    if (config.getVersion() != PASID_TABLE_CFG_VERSION_1
        || config.getSmmuv3().getVersion() != PASID_TABLE_SMMUV3_CFG_VERSION_1) {
      throw KernelError.invalid("config.version or config.smmuv3.version is not 1");
    }
    if (!nested) {
      throw KernelError.invalid("the domain does not nest, or the SMMU lacks a stage");
    }
    switch (config.getConfig()) {
      case IOMMU_PASID_CONFIG_TRANSLATE -> {
        if (config.getPasidBits() != 0) {
          throw KernelError.invalid(
              "config.pasid_bits "
                  + Integer.toUnsignedString(config.getPasidBits())
                  + ": one context descriptor only");
        }
        functions.forEach(function -> smmu.translate(function, config.getBasePtr()));
      }
      case IOMMU_PASID_CONFIG_BYPASS -> functions.forEach(smmu::bypass);
      case IOMMU_PASID_CONFIG_ABORT -> functions.forEach(smmu::abort);
      default ->
          throw KernelError.invalid(
              "config.config "
                  + Integer.toUnsignedString(config.getConfig())
                  + " is none of TRANSLATE, BYPASS and ABORT");
    }
  }

  /** arm_smmu_detach_pasid_table: in v7 the functions abort from then on. */
  @Override
  public void detachPasidTable() {
    if (nested) {
      functions.forEach(smmu::abort);
    }
  }

  /** arm_smmu_cache_invalidate, for each function. */
  @Override
  public void invalidate(IommuCacheInvalidateInfo info) {
    for (int i = 0; i < functions.size(); i++) {
      invalidateOnce(info);
    }
  }

  private void invalidateOnce(IommuCacheInvalidateInfo info) {
    if (!nested) {
      throw KernelError.invalid("the domain does not nest");
    }
    if (info.getVersion() != IOMMU_CACHE_INVALIDATE_INFO_VERSION_1) {
      throw KernelError.invalid(
          "info.version " + Integer.toUnsignedString(info.getVersion()) + " is not 1");
    }
    if ((info.getCache() & IOMMU_CACHE_INV_TYPE_IOTLB) != 0) {
      switch (info.getGranularity()) {
        case IOMMU_INV_GRANU_PASID -> smmu.invalidateAsid(tables(), info.getPasid());
        case IOMMU_INV_GRANU_ADDR -> invalidateRange(info.getAddrInfo());
        default ->
            throw KernelError.invalid(
                "info.granularity "
                    + Integer.toUnsignedString(info.getGranularity())
                    + ": the TLB is invalidated by PASID or by address");
      }
    }
    int others = IOMMU_CACHE_INV_TYPE_DEV_IOTLB | IOMMU_CACHE_INV_TYPE_PASID;
    if ((info.getCache() & others) != 0) {
      throw new KernelError(Errno.ENOENT, "only the TLB can be invalidated");
    }
  }

  /** One TLBI by address a granule. As posted, a range of nothing would loop for ever. */
  private void invalidateRange(IommuInvAddrInfo range) {
    if (range.getGranuleSize() * range.getNbGranules() == 0) {
      throw KernelError.invalid("granule_size * nb_granules is 0");
    }
    boolean leaf = (range.getFlags() & IOMMU_INV_ADDR_FLAGS_LEAF) != 0;
    smmu.invalidateRange(
        tables(),
        range.getPasid(),
        range.getAddr(),
        range.getGranuleSize() * range.getNbGranules(),
        leaf);
  }

  @Override
  public void bindMsi(long iova, long gpa, long size) {
    if (!nested) {
      throw KernelError.invalid("the domain does not nest");
    }
    msi.bind(iova, gpa, size);
  }

  @Override
  public void unbindMsi(long iova) {
    msi.unbind(iova);
  }

  /**
   * iommu_dma_prepare_msi: where the function sends its messages. Outside a nested domain of the
   * series the host's own mapping of the doorbell takes them.
   */
  @Override
  public long messageAddress(PciFunction function) {
    return series && nested ? msi.address(Doorbells.of(function)) : Doorbells.DIRECT;
  }

  @Override
  public void writeState(StateWriter out) {
    msi.writeState(out);
    super.writeState(out);
  }
}
