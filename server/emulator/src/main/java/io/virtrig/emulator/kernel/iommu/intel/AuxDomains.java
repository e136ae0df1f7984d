package io.virtrig.emulator.kernel.iommu.intel;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.ioasid.Ioasids;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Auxiliary domains: translations that a function has beside its own, each under a PASID of the
 * kernel's (aux_domain_add_dev and aux_domain_remove_dev in drivers/iommu/intel/iommu.c, 5.2 to
 * 5.18).
 *
 * <p>A domain gets its PASID with its first function and keeps it until the last has left. A
 * function enters a domain once, however many of its parts do.
 */
public final class AuxDomains implements Stateful {

  /** A domain in use under a PASID. */
  private static final class Aux {
    final DmarDomain domain;
    final int pasid;
    final List<AssignableInterface> parts = new ArrayList<>(1);

    Aux(DmarDomain domain, int pasid) {
      this.domain = domain;
      this.pasid = pasid;
    }

    boolean has(PciFunction parent) {
      return parts.stream().anyMatch(part -> part.parent() == parent);
    }
  }

  private final Ioasids ioasids;
  private final IntelPasid tables;
  private final List<PciFunction> parents;
  private final List<Aux> all = new ArrayList<>();

  /**
   * None in use.
   *
   * @param parents the functions whose drivers have enabled auxiliary domains
   */
  public AuxDomains(Ioasids ioasids, IntelPasid tables, List<PciFunction> parents) {
    this.ioasids = ioasids;
    this.tables = tables;
    this.parents = parents;
  }

  /** Whether the function may have auxiliary domains (IOMMU_DEV_FEAT_AUX). */
  boolean enabled(PciFunction function) {
    return parents.contains(function);
  }

  /** aux_domain_add_dev. */
  void attach(DmarDomain domain, AssignableInterface part) {
    Aux aux = of(domain);
    if (aux == null) {
      long pasid = ioasids.kernelSet().allocate(1, (1 << 20) - 1);
      if (pasid < 0) {
        throw new KernelError(Errno.ENODEV, "the kernel has no PASID left for " + part.name());
      }
      aux = new Aux(domain, (int) pasid);
      all.add(aux);
    }
    if (!aux.has(part.parent())) {
      tables.setupSecondLevel(domain, part.parent(), aux.pasid);
    }
    aux.parts.add(part);
    part.translateBy(aux.pasid);
  }

  /** aux_domain_remove_dev. */
  void detach(DmarDomain domain, AssignableInterface part) {
    Aux aux = of(domain);
    if (aux == null || !aux.parts.remove(part)) {
      return;
    }
    part.translateBy(AssignableInterface.NOWHERE);
    if (!aux.has(part.parent())) {
      tables.tearDown(part.parent(), aux.pasid);
    }
    if (aux.parts.isEmpty()) {
      all.remove(aux);
      ioasids.kernelSet().free(aux.pasid, aux.pasid);
    }
  }

  private @Nullable Aux of(DmarDomain domain) {
    for (Aux aux : all) {
      if (aux.domain == domain) {
        return aux;
      }
    }
    return null;
  }

  @Override
  public void writeState(StateWriter out) {
    for (Aux aux : all) {
      out.child(
          "aux",
          Integer.toString(aux.pasid),
          inner -> aux.parts.forEach(part -> inner.text("part", part.name())));
    }
  }
}
