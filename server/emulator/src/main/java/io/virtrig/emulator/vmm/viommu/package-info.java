/**
 * QEMU with the series "intel_iommu: expose Shared Virtual Addressing to VMs", RFC v7 and v9:
 * hw/i386/intel_iommu.c, hw/vfio and hw/iommu/host_iommu_context.c of those branches.
 */
@NullMarked
package io.virtrig.emulator.vmm.viommu;

import org.jspecify.annotations.NullMarked;
