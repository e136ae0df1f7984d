package io.virtrig.emulator.kernel.iommu;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.hardware.pci.Doorbells;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.ioasid.IoasidSet;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.IommuCacheInvalidateInfo;
import io.virtrig.v1.IommuPasidTableConfig;
import org.jspecify.annotations.Nullable;

/**
 * A domain as its driver keeps it (struct iommu_domain with its iommu_ops). What a driver does not
 * have is refused as the IOMMU core does: ENODEV.
 */
public class DriverDomain implements Stateful {
  private final IommuDomain tables;

  /** A domain whose driver has no nesting. */
  public DriverDomain(IommuDomain tables) {
    this.tables = tables;
  }

  /** The host's own translation: second level, or stage 2. */
  public final IommuDomain tables() {
    return tables;
  }

  /** iommu_attach_device. */
  public void attach(PciFunction function) {
    function.attach(tables);
  }

  /** iommu_detach_device. */
  public void detach(PciFunction function) {
    function.attach(null);
  }

  /** iommu_aux_attach_device: the part of a function translates by this domain. */
  public void attachAux(AssignableInterface part) {
    throw none("auxiliary domains");
  }

  /** iommu_aux_detach_device. */
  public void detachAux(AssignableInterface part) {
    throw none("auxiliary domains");
  }

  /** iommu_map of a run that is not mapped. */
  public void map(long iova, long length, long physical, boolean read, boolean write) {
    tables.map(iova, length, physical, read, write);
  }

  /** iommu_unmap of a run that was mapped whole. */
  public void unmap(long iova, long length) {
    tables.unmap(iova, iova + length - 1);
  }

  /** sva_bind_gpasid. */
  public void bindGpasid(PciFunction function, GpasidBind bind, @Nullable IoasidSet set) {
    throw none("binding of guest page tables");
  }

  /** sva_unbind_gpasid. */
  public void unbindGpasid(PciFunction function, long pasid, @Nullable IoasidSet set) {
    throw none("binding of guest page tables");
  }

  /** cache_invalidate of the vSVA series. */
  public void invalidate(
      PciFunction function, CacheInvalidation invalidation, @Nullable IoasidSet set) {
    throw none("cache invalidation");
  }

  /** attach_pasid_table of the nested SMMU series. */
  public void attachPasidTable(IommuPasidTableConfig config) {
    throw none("PASID tables");
  }

  /** detach_pasid_table: nothing where there is no such operation. */
  public void detachPasidTable() {}

  /** cache_invalidate of the nested SMMU series, for each function. */
  public void invalidate(IommuCacheInvalidateInfo info) {
    throw none("cache invalidation");
  }

  /** iommu_bind_guest_msi. */
  public void bindMsi(long iova, long gpa, long size) {
    throw none("guest MSI bindings");
  }

  /** iommu_unbind_guest_msi: nothing where there is no such operation. */
  public void unbindMsi(long iova) {}

  /** Where a function of the domain is to send its messages (iommu_dma_prepare_msi). */
  public long messageAddress(PciFunction function) {
    return Doorbells.DIRECT;
  }

  private static KernelError none(String operation) {
    return new KernelError(Errno.ENODEV, "the IOMMU's driver has no " + operation);
  }

  @Override
  public void writeState(StateWriter out) {
    tables.writeState(out);
  }
}
