package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.hardware.iommu.WalkOutcome;
import org.jspecify.annotations.Nullable;

/**
 * What became of a request. One object serves all requests of a {@link VtdTranslation}; each walk
 * overwrites it.
 */
public final class VtdOutcome extends WalkOutcome {
  /** In place of an address: there is none, and the fault says why. */
  static final long FAULTED = -1;

  private boolean scalable;
  private boolean faultProcessingDisabled;
  private boolean interrupt;
  private @Nullable VtdFault fault;
  private TableKind kind = TableKind.ROOT;
  private int level;

  VtdOutcome(TableMemory memory, WalkObserver observer) {
    super(memory, observer);
  }

  void begin(boolean inScalableMode) {
    scalable = inScalableMode;
    begin();
  }

  @Override
  public void begin() {
    super.begin();
    faultProcessingDisabled = false;
    interrupt = false;
    fault = null;
    level = 0;
  }

  long fault(VtdFault why, TableKind at, int atLevel) {
    fault = why;
    kind = at;
    level = atLevel;
    return FAULTED;
  }

  void interruptRequest() {
    interrupt = true;
  }

  void disableFaultProcessing() {
    faultProcessingDisabled = true;
  }

  /** Why the request is blocked; null when it is not. */
  public @Nullable VtdFault fault() {
    return fault;
  }

  @Override
  public boolean blocked() {
    return fault != null;
  }

  @Override
  public int code() {
    return fault == null ? 0 : fault.reason(scalable);
  }

  @Override
  public String reason() {
    return fault == null ? "" : fault.word();
  }

  @Override
  public String structure() {
    return kind.label();
  }

  @Override
  public int decidedAt() {
    return level == 0 ? -1 : level;
  }

  /** Whether a fault record is written: structures can forbid that. */
  public boolean recorded() {
    return fault != null && !(faultProcessingDisabled && fault.qualified());
  }

  /** The structure that decided on the fault. */
  public TableKind kind() {
    return kind;
  }

  /** The level of the paging entry that decided; 0 where none did. */
  public int level() {
    return level;
  }

  /** Whether the request is not a memory access but an interrupt. */
  public boolean interrupt() {
    return interrupt;
  }
}
