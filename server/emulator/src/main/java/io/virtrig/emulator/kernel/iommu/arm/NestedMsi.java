package io.virtrig.emulator.kernel.iommu.arm;

import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.pci.Doorbells;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where guests map their doorbells (the NESTED_MSI cookie of drivers/iommu/dma-iommu.c, nested SMMU
 * series v7). A binding is remembered; it serves a physical doorbell, and is in stage 2, from when
 * a device's messages first need it.
 */
final class NestedMsi implements Stateful {
  private static final int PAGE_SIZE = 4096;

  /** A guest's pair of addresses (struct iommu_dma_msi_page). */
  private static final class Binding {
    final long iova;
    final long gpa;
    final long granule;
    long doorbell;
    boolean mapped;

    Binding(long iova, long gpa, long granule) {
      this.iova = iova;
      this.gpa = gpa;
      this.granule = granule;
    }
  }

  /** The latest first. */
  private final List<Binding> bindings = new ArrayList<>(1);

  private final IommuDomain tables;

  NestedMsi(IommuDomain tables) {
    this.tables = tables;
  }

  /** iommu_dma_bind_guest_msi: a page that is bound already stays as it is. */
  void bind(long iova, long gpa, long size) {
    long start = iova & -size;
    for (Binding binding : bindings) {
      if (binding.iova == start) {
        return;
      }
    }
    bindings.addFirst(new Binding(start, gpa & -size, size));
  }

  /** iommu_dma_unbind_guest_msi. */
  void unbind(long iova) {
    for (Binding binding : bindings) {
      if (binding.iova == (iova & -binding.granule)) {
        if (binding.mapped) {
          tables.unmap(binding.gpa, binding.gpa + PAGE_SIZE - 1);
        }
        bindings.remove(binding);
        return;
      }
    }
  }

  /**
   * iommu_dma_get_msi_page: where a device is to send the messages for a physical doorbell.
   *
   * @return {@link Doorbells#POISONED} where no binding is left for it
   */
  long address(long doorbell) {
    Binding binding = serving(doorbell);
    if (binding == null) {
      return Doorbells.POISONED;
    }
    return binding.iova + Doorbells.offset(doorbell);
  }

  private @Nullable Binding serving(long doorbell) {
    long page = Doorbells.page(doorbell);
    for (Binding binding : bindings) {
      if (binding.mapped && binding.doorbell == page) {
        return binding;
      }
    }
    for (Binding binding : bindings) {
      if (!binding.mapped) {
        if (tables.overlaps(binding.gpa, binding.gpa + PAGE_SIZE - 1)) {
          return null;
        }
        tables.map(binding.gpa, PAGE_SIZE, page, false, true);
        binding.doorbell = page;
        binding.mapped = true;
        return binding;
      }
    }
    return null;
  }

  @Override
  public void writeState(StateWriter out) {
    for (Binding binding : bindings) {
      out.child(
          "msi_binding",
          "0x" + Long.toHexString(binding.iova),
          inner -> {
            inner.hex("gpa", binding.gpa);
            inner.hex("granule", binding.granule);
            inner.flag("mapped", binding.mapped);
            inner.hex("doorbell", binding.doorbell);
          });
    }
  }
}
