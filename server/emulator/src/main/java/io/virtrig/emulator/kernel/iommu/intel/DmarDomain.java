package io.virtrig.emulator.kernel.iommu.intel;

import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.ioasid.IoasidSet;
import io.virtrig.emulator.kernel.iommu.CacheInvalidation;
import io.virtrig.emulator.kernel.iommu.DriverDomain;
import io.virtrig.emulator.kernel.iommu.GpasidBind;
import io.virtrig.emulator.state.StateWriter;
import org.jspecify.annotations.Nullable;

/** A domain of the VT-d driver (struct dmar_domain, drivers/iommu/intel/iommu.c). */
public final class DmarDomain extends DriverDomain {
  private final IntelSvm svm;
  private final AuxDomains aux;
  private final boolean nested;

  /** End of the topmost mapping (max_addr). */
  private long maxAddr;

  /** An empty domain. */
  public DmarDomain(IommuDomain tables, IntelSvm svm, AuxDomains aux, boolean nested) {
    super(tables);
    this.svm = svm;
    this.aux = aux;
    this.nested = nested;
  }

  /** Whether guests may have a first level over it. */
  boolean nested() {
    return nested;
  }

  /** One above the highest guest-physical address that was mapped; 0 when none was. */
  long maxAddr() {
    return maxAddr;
  }

  /** intel_iommu_map. */
  @Override
  public void map(long iova, long length, long physical, boolean read, boolean write) {
    super.map(iova, length, physical, read, write);
    if (Long.compareUnsigned(maxAddr, iova + length) < 0) {
      maxAddr = iova + length;
    }
  }

  /** intel_iommu_unmap. */
  @Override
  public void unmap(long iova, long length) {
    super.unmap(iova, length);
    if (maxAddr == iova + length) {
      maxAddr = iova;
    }
  }

  @Override
  public void attachAux(AssignableInterface part) {
    aux.attach(this, part);
  }

  @Override
  public void detachAux(AssignableInterface part) {
    aux.detach(this, part);
  }

  @Override
  public void bindGpasid(PciFunction function, GpasidBind bind, @Nullable IoasidSet set) {
    svm.bind(this, function, bind, set);
  }

  @Override
  public void unbindGpasid(PciFunction function, long pasid, @Nullable IoasidSet set) {
    svm.unbind(function, pasid, set);
  }

  @Override
  public void invalidate(
      PciFunction function, CacheInvalidation invalidation, @Nullable IoasidSet set) {
    svm.invalidate(this, function, invalidation, set);
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("max_addr", maxAddr);
    super.writeState(out);
  }
}
