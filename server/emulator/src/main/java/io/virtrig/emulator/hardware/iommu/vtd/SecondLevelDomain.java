package io.virtrig.emulator.hardware.iommu.vtd;

import static io.virtrig.emulator.hardware.iommu.TableKind.SECOND_LEVEL;

import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.iommu.TableKind;
import org.jspecify.annotations.Nullable;

/** A second level that the host owns: runs of addresses in place of tables. */
final class SecondLevelDomain implements SecondLevel {
  private static final int PAGE_TABLE = 1;

  private final VtdCapabilities capabilities;
  private final VtdOutcome outcome;
  private @Nullable IommuDomain domain;
  private boolean readable;
  private boolean writable;
  private int pageShift;

  SecondLevelDomain(VtdCapabilities capabilities, VtdOutcome outcome) {
    this.capabilities = capabilities;
    this.outcome = outcome;
  }

  /** Sets the domain to translate by. */
  void use(IommuDomain now) {
    domain = now;
  }

  @Override
  public long translate(long input, boolean write, Purpose purpose) {
    int width = capabilities.inputWidth();
    if (width < Long.SIZE && input >>> width != 0) {
      return outcome.fault(purpose.tooWide(), SECOND_LEVEL, 0);
    }
    IommuDomain.Mapping mapping = domain == null ? null : domain.at(input);
    if (mapping == null) {
      VtdFault notPresent =
          write ? VtdFault.SECOND_NOT_PRESENT_WRITE : VtdFault.SECOND_NOT_PRESENT_READ;
      return outcome.fault(notPresent, SECOND_LEVEL, PAGE_TABLE);
    }
    readable = mapping.readable();
    writable = mapping.writable();
    pageShift = mapping.pageShift(input);
    long physical = outcome.mapped(TableKind.SECOND_LEVEL, mapping, input);
    if (write ? !writable : !readable) {
      VtdFault denied = write ? VtdFault.NO_WRITE : purpose.noRead();
      return outcome.fault(denied, SECOND_LEVEL, PagingEntry.level(pageShift));
    }
    return physical;
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
  public long dirtyEntry() {
    return 0;
  }

  @Override
  public int pageShift() {
    return pageShift;
  }
}
