package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.DmaOutcome;
import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.iommu.TableKind;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.TranslationCache;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import org.jspecify.annotations.Nullable;

/**
 * What became of a request. One object serves all requests of a {@link VtdTranslation}; each walk
 * overwrites it.
 */
public final class VtdOutcome implements DmaOutcome {
  /** In place of an address: there is none, and the fault says why. */
  static final long FAULTED = -1;

  private final TableMemory memory;
  private final WalkObserver observer;

  private boolean scalable;
  private boolean faultProcessingDisabled;
  private boolean interrupt;
  private @Nullable VtdFault fault;
  private TableKind kind = TableKind.ROOT;
  private int level;
  private long address;
  private int pageShift;
  private int references;

  VtdOutcome(TableMemory memory, WalkObserver observer) {
    this.memory = memory;
    this.observer = observer;
  }

  void begin(boolean inScalableMode) {
    scalable = inScalableMode;
    faultProcessingDisabled = false;
    interrupt = false;
    fault = null;
    level = 0;
    address = FAULTED;
    pageShift = 0;
    references = 0;
  }

  /** Reads a word of a table that is known to be there. */
  long read(TableKind of, int atLevel, long table, long at) {
    long word = memory.word(at);
    if (of == TableKind.FIRST_LEVEL || of == TableKind.SECOND_LEVEL) {
      references++;
    }
    observer.read(of, atLevel, table, at, word);
    return word;
  }

  /** Goes through a run of a domain. */
  long mapped(IommuDomain.Mapping mapping, long input) {
    observer.mapped(TableKind.SECOND_LEVEL, input, mapping);
    return mapping.physical(input);
  }

  long fault(VtdFault why, TableKind at, int atLevel) {
    fault = why;
    kind = at;
    level = atLevel;
    return FAULTED;
  }

  void translated(long to, int shift) {
    address = to;
    pageShift = shift;
  }

  /** What a device keeps: no table is looked at. */
  void kept(TranslationCache translations, int slot, long input) {
    begin(scalable);
    long within = (1L << translations.shift(slot)) - 1;
    translated(translations.target(slot) | (input & within), translations.shift(slot));
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

  @Override
  public long address() {
    return address;
  }

  /** Bits of an offset in the smallest page involved, which is what a TLB may cache. */
  @Override
  public int pageShift() {
    return pageShift;
  }

  /** How many paging entries were read. */
  public int references() {
    return references;
  }
}
