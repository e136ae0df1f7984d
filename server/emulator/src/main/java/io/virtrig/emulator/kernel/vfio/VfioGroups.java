package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.Task;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The groups of a container, which come into its domains and leave them (the attach and detach part
 * of drivers/vfio/vfio_iommu_type1.c).
 */
final class VfioGroups {
  private final Kernel kernel;
  private final DmaMappings mappings;
  private final EmulatedPins pins;
  private final NestingContainer nesting;
  private final boolean nested;

  /** Groups of devices without an IOMMU of their own (the external domain). */
  private final List<VfioGroup> emulated = new ArrayList<>(0);

  VfioGroups(
      Kernel kernel,
      DmaMappings mappings,
      EmulatedPins pins,
      NestingContainer nesting,
      boolean nested) {
    this.kernel = kernel;
    this.mappings = mappings;
    this.pins = pins;
    this.nesting = nesting;
    this.nested = nested;
  }

  /** Some of its devices do no DMA by an IOMMU: their drivers pin what they need. */
  boolean emulated() {
    return !emulated.isEmpty();
  }

  private List<VfioDomain> domains() {
    return mappings.domains();
  }

  @Nullable VfioDomain onlyDomain() {
    return domains().isEmpty() ? null : domains().getFirst();
  }

  /** vfio_iommu_type1_attach_group. A refusal leaves the group out. */
  void attach(Task caller, VfioGroup group) {
    nesting.requireRoom(
        emulated.size() + domains().stream().mapToInt(d -> d.groups().size()).sum());
    if (!group.functions().isEmpty() && !group.interfaces().isEmpty()) {
      throw KernelError.invalid("group " + group.number() + " has devices of two buses");
    }
    if (group.emulated()) {
      emulated.add(group);
      return;
    }
    nesting.requireCapable();
    for (VfioDma mapping : mappings.extents().all()) {
      if (!mappings.usable(mapping.start(), mapping.last())) {
        throw KernelError.invalid("a mapping lies outside what the group's devices can reach");
      }
    }
    VfioDomain domain = join(group);
    try {
      nesting.attached(caller);
    } catch (KernelError e) {
      domain.detach(group);
      if (domain.groups().isEmpty() && domains().size() == 1) {
        mappings.leave(domain);
      }
      forgetUnused(domain);
      throw e;
    }
  }

  /** The first domain that takes the group; where none does, a new one with all mappings. */
  private VfioDomain join(VfioGroup group) {
    VfioDomain made = new VfioDomain(kernel.iommu(), nested);
    made.attach(group);
    for (VfioDomain domain : domains()) {
      made.detach(group);
      try {
        domain.attach(group);
        return domain;
      } catch (KernelError _) {
        made.attach(group);
      }
    }
    try {
      mappings.replay(made);
    } catch (KernelError e) {
      made.detach(group);
      throw e;
    }
    domains().add(made);
    return made;
  }

  /**
   * vfio_iommu_type1_detach_group. The series unbinds the process's PASIDs first; with the last
   * group every mapping goes.
   */
  void detach(VfioGroup group) {
    if (emulated.remove(group)) {
      if (emulated.isEmpty() && domains().isEmpty()) {
        clear();
      }
      return;
    }
    for (VfioDomain domain : List.copyOf(domains())) {
      if (domain.groups().contains(group)) {
        nesting.unbindAll(group);
        domain.detach(group);
        if (domain.groups().isEmpty() && domains().size() == 1) {
          lastDomainGoes();
        }
        forgetUnused(domain);
      }
    }
  }

  private void lastDomainGoes() {
    if (emulated.isEmpty()) {
      clear();
    } else {
      mappings.leave(domains().getFirst());
    }
    nesting.detached();
  }

  private void clear() {
    pins.lose();
    mappings.clear();
  }

  /** A domain without groups goes. */
  private void forgetUnused(VfioDomain domain) {
    if (domain.groups().isEmpty()) {
      domains().remove(domain);
    }
  }

  /** Drivers let go of a mapping's pages (vfio_notify_dma_unmap). */
  void letGo(VfioDma mapping) {
    if (pins.any(mapping.start(), mapping.last())) {
      for (VfioGroup group : emulated) {
        group.dmaUnmap(mapping.start(), mapping.last());
      }
    }
  }
}
