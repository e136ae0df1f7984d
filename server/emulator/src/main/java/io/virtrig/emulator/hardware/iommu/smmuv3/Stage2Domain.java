package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent.EventClass;
import org.jspecify.annotations.Nullable;

/**
 * A stage 2 that the host owns: runs of addresses in place of tables. Where the domain does not
 * nest, the kernel puts the same mappings into stage 1, and faults say so.
 */
final class Stage2Domain implements Stage2 {
  private static final int INPUT_BITS = 48;

  private final SmmuOutcome outcome;
  private @Nullable IommuDomain domain;
  private boolean readable;
  private boolean writable;
  private int pageShift;

  Stage2Domain(SmmuOutcome outcome) {
    this.outcome = outcome;
  }

  /** Sets the domain to translate by. */
  void use(IommuDomain now) {
    domain = now;
  }

  @Override
  public long translate(long input, boolean write, EventClass translating) {
    IommuDomain.Mapping mapping =
        domain == null || input >>> INPUT_BITS != 0 ? null : domain.at(input);
    if (mapping == null) {
      return fault(SmmuEvent.F_TRANSLATION, translating, SmmuOutcome.NO_LEVEL);
    }
    readable = mapping.readable();
    writable = mapping.writable();
    pageShift = mapping.pageShift(input);
    long physical = outcome.mapped(TableKind.STAGE_2, mapping, input);
    if (write ? !writable : !readable) {
      return fault(SmmuEvent.F_PERMISSION, translating, Descriptor.level(pageShift));
    }
    return physical;
  }

  private long fault(SmmuEvent why, EventClass translating, int level) {
    return outcome.fault(why, translating, domain == null || domain.nesting(), level, true);
  }

  @Override
  public boolean readable() {
    return readable;
  }

  @Override
  public boolean writable() {
    return writable;
  }

  @Override
  public int pageShift() {
    return pageShift;
  }
}
