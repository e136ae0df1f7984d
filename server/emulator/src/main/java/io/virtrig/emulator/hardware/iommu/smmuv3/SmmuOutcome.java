package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.hardware.iommu.WalkOutcome;
import io.virtrig.emulator.hardware.iommu.smmuv3.SmmuEvent.EventClass;
import org.jspecify.annotations.Nullable;

/**
 * What became of a transaction. One object serves all transactions of an {@link SmmuTranslation};
 * each walk overwrites it.
 */
public final class SmmuOutcome extends WalkOutcome {
  /** The level of a fault that no descriptor decided. */
  public static final int NO_LEVEL = -1;

  private boolean aborted;
  private @Nullable SmmuEvent event;
  private @Nullable EventClass eventClass;
  private boolean stage2;
  private boolean recorded;
  private int level;
  private long fetchAddress;
  private boolean stalls;

  SmmuOutcome(TableMemory memory, WalkObserver observer) {
    super(memory, observer);
  }

  @Override
  public void begin() {
    super.begin();
    fetchAddress = 0;
    stalls = false;
    aborted = false;
    event = null;
    eventClass = null;
    stage2 = false;
    recorded = false;
    level = NO_LEVEL;
  }

  /** Notes where something cannot be read. */
  void fetch(long at) {
    fetchAddress = at;
  }

  /** A fault of the configuration. */
  long fault(SmmuEvent why) {
    event = why;
    recorded = true;
    return Descriptor.FAULTED;
  }

  /** A fault of a stage. {@code record}: whether the stage's configuration has faults recorded. */
  long fault(SmmuEvent why, EventClass translating, boolean inStage2, int atLevel, boolean record) {
    event = why;
    eventClass = translating;
    stage2 = inStage2;
    level = atLevel;
    recorded = record || !why.stageFault();
    return Descriptor.FAULTED;
  }

  void abort() {
    aborted = true;
  }

  @Override
  public boolean blocked() {
    return aborted || event != null;
  }

  @Override
  public int code() {
    return event == null ? 0 : event.type();
  }

  @Override
  public String reason() {
    return event == null ? aborted ? "aborted" : "" : event.word();
  }

  @Override
  public String structure() {
    return eventClass == null ? "" : stage2 ? "stage 2" : "stage 1";
  }

  @Override
  public int decidedAt() {
    return level;
  }

  void stalls(boolean now) {
    stalls = now;
  }

  /** Whether the transaction waits for software, in place of being terminated. */
  public boolean stalls() {
    return stalls;
  }

  /** Where something could not be read; 0 for other events. */
  public long fetchAddress() {
    return fetchAddress;
  }

  /** Whether it was terminated without an event. */
  public boolean aborted() {
    return aborted;
  }

  /** Why it was terminated; null when it was not, or without an event. */
  public @Nullable SmmuEvent event() {
    return event;
  }

  /** What a stage was translating when it faulted; null for other events. */
  public @Nullable EventClass eventClass() {
    return eventClass;
  }

  /** Whether stage 2 faulted. */
  public boolean stage2() {
    return stage2;
  }

  /** Whether an event record is written; for C_BAD_STREAMID, if CR2.RECINVSID is set too. */
  public boolean recorded() {
    return recorded;
  }

  /** The level of the descriptor that decided; {@link #NO_LEVEL} where none did. */
  public int level() {
    return level;
  }
}
