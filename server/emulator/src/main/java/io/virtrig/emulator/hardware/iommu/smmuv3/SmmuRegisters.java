package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.hardware.iommu.CacheUses;
import io.virtrig.emulator.hardware.iommu.DeviceTlb;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.MessageSink;
import io.virtrig.emulator.hardware.iommu.PageRequest;
import io.virtrig.emulator.hardware.iommu.StaleListener;
import io.virtrig.emulator.hardware.iommu.UnitMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.TreeMap;

/**
 * An SMMUv3 as software sees it: its registers, with the event and page request queues' pointers
 * aliased into the first page, over memory in which its structures and queues lie. Offsets of no
 * register read as zero and ignore writes.
 */
public final class SmmuRegisters implements Stateful {

  /** What an SMMU tells the world. */
  public interface Outside extends MessageSink {
    /** A stalled transaction goes on: it is tried again, or terminated. */
    void resume(int stream, int tag, boolean retry);

    /** A group of page requests has been answered; 0 deny, 1 fail, 2 success. */
    void response(int stream, int substream, int group, int code);
  }

  private static final int IDR0 = 0x00;
  private static final int IDR1 = 0x04;
  private static final int IDR5 = 0x14;
  private static final int CR0 = 0x20;
  private static final int CR0ACK = 0x24;
  private static final int CR2 = 0x2c;
  private static final int GBPA = 0x44;
  private static final int IRQ_CTRL = 0x50;
  private static final int IRQ_CTRLACK = 0x54;
  private static final int GERROR = 0x60;
  private static final int GERRORN = 0x64;
  private static final int STRTAB_BASE = 0x80;
  private static final int STRTAB_BASE_CFG = 0x88;
  private static final int CMDQ_BASE = 0x90;
  private static final int CMDQ_PROD = 0x98;
  private static final int CMDQ_CONS = 0x9c;
  private static final int EVENTQ_BASE = 0xa0;
  private static final int EVENTQ_PROD = 0xa8;
  private static final int EVENTQ_CONS = 0xac;
  private static final int PRIQ_BASE = 0xc0;
  private static final int PRIQ_PROD = 0xc8;
  private static final int PRIQ_CONS = 0xcc;

  private static final int SMMUEN = 1;
  private static final int PRIQEN = 1 << 1;
  private static final int EVENTQEN = 1 << 2;
  private static final int CMDQEN = 1 << 3;
  private static final int CR0_BITS = 0x1f;
  private static final int RECINVSID = 1 << 1;
  private static final int ABORT = 1 << 20;
  private static final int UPDATE = 1 << 31;
  private static final int CMDQ_ERROR = 1;
  private static final int CONS_ERROR_SHIFT = 24;
  private static final int CONS_ERROR = 0x7f << CONS_ERROR_SHIFT;

  private static final long STALLED = 1L << 31;

  private final SmmuCapabilities capabilities;
  private final UnitMemory memory;
  private final Outside outside;
  private final int entries;
  private final SmmuCaches caches;
  private final SmmuTranslation translation;
  private final SmmuQueue commands = new SmmuQueue(16);
  private final SmmuQueue events = new SmmuQueue(32);
  private final SmmuQueue pageRequests = new SmmuQueue(16);
  private final SmmuCommands executor;
  private final TreeMap<Integer, DeviceTlb> deviceTlbs = new TreeMap<>();

  /** Stalled transactions: the stream of each tag. */
  private final TreeMap<Integer, Integer> stalled = new TreeMap<>();

  private int nextTag;
  private int cr0;
  private int cr2;
  private int gbpa;
  private int irqControl;
  private int gerror;
  private int gerrorAcknowledged;
  private long strtabBase;
  private int strtabBaseCfg;

  /** An SMMU after reset. */
  public SmmuRegisters(
      UnitMemory memory, SmmuCapabilities capabilities, int entries, Outside outside) {
    this.memory = memory;
    this.capabilities = capabilities;
    this.entries = entries;
    this.outside = outside;
    caches = new SmmuCaches(entries, new CacheUses());
    translation = new SmmuTranslation(memory, capabilities, WalkObserver.NONE, caches);
    executor = new SmmuCommands(this, caches, memory, outside);
  }

  /** Who is told when something stale is used. */
  public void staleListener(StaleListener listener) {
    translation.staleListener(listener);
  }

  /** Reads a register of 4 or 8 bytes. */
  public long read(int offset, int size) {
    return size == Long.BYTES && !isWide(offset)
        ? read(offset) | read(offset + Integer.BYTES) << Integer.SIZE
        : half(offset, size);
  }

  private long half(int offset, int size) {
    if (isWide(offset & -Long.BYTES)) {
      long whole = read(offset & -Long.BYTES);
      long shifted = offset % Long.BYTES == 0 ? whole : whole >>> Integer.SIZE;
      return size == Long.BYTES ? shifted : shifted & 0xffff_ffffL;
    }
    return read(offset);
  }

  private static boolean isWide(int offset) {
    return offset == STRTAB_BASE
        || offset == CMDQ_BASE
        || offset == EVENTQ_BASE
        || offset == PRIQ_BASE;
  }

  private long read(int offset) {
    int word =
        switch (offset) {
          case IDR0 -> capabilities.idr0();
          case IDR1 -> capabilities.idr1();
          case IDR5 -> capabilities.idr5();
          case CR0, CR0ACK -> cr0;
          case CR2 -> cr2;
          case GBPA -> gbpa;
          case IRQ_CTRL, IRQ_CTRLACK -> irqControl;
          case GERROR -> gerror;
          case GERRORN -> gerrorAcknowledged;
          case STRTAB_BASE_CFG -> strtabBaseCfg;
          case CMDQ_PROD -> commands.prod();
          case CMDQ_CONS -> commands.cons();
          case EVENTQ_PROD -> events.prod();
          case EVENTQ_CONS -> events.cons();
          case PRIQ_PROD -> pageRequests.prod();
          case PRIQ_CONS -> pageRequests.cons();
          default -> 0;
        };
    return switch (offset) {
      case STRTAB_BASE -> strtabBase;
      case CMDQ_BASE -> commands.base();
      case EVENTQ_BASE -> events.base();
      case PRIQ_BASE -> pageRequests.base();
      default -> Integer.toUnsignedLong(word);
    };
  }

  /** Writes a register of 4 or 8 bytes. */
  public void write(int offset, int size, long value) {
    int whole = offset & -Long.BYTES;
    if (isWide(whole)) {
      long kept = read(whole);
      if (size == Long.BYTES) {
        write(whole, value);
      } else if (offset == whole) {
        write(whole, (kept & -1L << Integer.SIZE) | (value & 0xffff_ffffL));
      } else {
        write(whole, (kept & 0xffff_ffffL) | value << Integer.SIZE);
      }
      return;
    }
    write(offset, value & 0xffff_ffffL);
    if (size == Long.BYTES) {
      write(offset + Integer.BYTES, value >>> Integer.SIZE);
    }
  }

  private void write(int offset, long value) {
    int word = (int) value;
    switch (offset) {
      case CR0 -> {
        cr0 = word & CR0_BITS;
        consume();
      }
      case CR2 -> cr2 = word;
      case GBPA -> {
        if ((word & UPDATE) != 0) {
          gbpa = word & ~UPDATE;
        }
      }
      case IRQ_CTRL -> irqControl = word & 7;
      case GERRORN -> {
        gerrorAcknowledged = word;
        consume();
      }
      case STRTAB_BASE -> strtabBase = value;
      case STRTAB_BASE_CFG -> strtabBaseCfg = word;
      case CMDQ_BASE -> commands.base(value);
      case CMDQ_PROD -> {
        commands.prod(word);
        consume();
      }
      case CMDQ_CONS -> commands.cons(word);
      case EVENTQ_BASE -> events.base(value);
      case EVENTQ_PROD -> events.prod(word);
      case EVENTQ_CONS -> events.cons(word);
      case PRIQ_BASE -> pageRequests.base(value);
      case PRIQ_PROD -> pageRequests.prod(word);
      case PRIQ_CONS -> pageRequests.cons(word);
      default -> {}
    }
  }

  /** Consumes commands; an error stops that until software acknowledges it. */
  private void consume() {
    while ((cr0 & CMDQEN) != 0
        && ((gerror ^ gerrorAcknowledged) & CMDQ_ERROR) == 0
        && !commands.isEmpty()) {
      long at = commands.consAddress();
      int error = executor.execute(at);
      if (error != 0) {
        commands.cons((commands.cons() & ~CONS_ERROR) | error << CONS_ERROR_SHIFT);
        gerror ^= CMDQ_ERROR;
        return;
      }
      commands.consumed();
    }
  }

  /** Whether a transaction is terminated although no structure says so. */
  private boolean abortsAll() {
    return (gbpa & ABORT) != 0;
  }

  /**
   * Translates a transaction. While the SMMU is off it passes, or all are aborted.
   *
   * @return the outcome, until the next transaction
   */
  public SmmuOutcome translate(DmaRequest request) {
    if ((cr0 & SMMUEN) == 0) {
      return translation.pass(request, abortsAll());
    }
    SmmuOutcome outcome = translation.translate(strtabBase, strtabBaseCfg, request);
    SmmuEvent event = outcome.event();
    if (event != null
        && outcome.recorded()
        && (event != SmmuEvent.C_BAD_STREAMID || (cr2 & RECINVSID) != 0)) {
      int tag = outcome.stalls() ? stall(request.source()) : 0;
      record(outcome, event, request, tag);
    }
    return outcome;
  }

  private int stall(int stream) {
    int tag = nextTag;
    nextTag = (nextTag + 1) & 0xffff;
    stalled.put(tag, stream);
    return tag;
  }

  private void record(SmmuOutcome outcome, SmmuEvent event, DmaRequest request, int tag) {
    if ((cr0 & EVENTQEN) == 0) {
      return;
    }
    if (events.isFull()) {
      events.overflow();
      return;
    }
    SmmuEvent.EventClass eventClass = outcome.eventClass();
    long d0 =
        event.type()
            | (request.hasPasid() ? 1L << 11 | (long) request.pasid() << 12 : 0)
            | Integer.toUnsignedLong(request.source()) << 32;
    long d1 =
        (outcome.stalls() ? STALLED | tag : 0)
            | (request.privileged() ? 1L << 33 : 0)
            | (request.write() ? 0 : 1L << 35)
            | (outcome.stage2() ? 1L << 39 : 0)
            | (eventClass == null ? 0 : (long) eventClass.code() << 40);
    long at = events.prodAddress();
    memory.store(at, d0);
    memory.store(at + Long.BYTES, d1);
    memory.store(at + 2 * Long.BYTES, request.address());
    memory.store(at + 3 * Long.BYTES, outcome.fetchAddress());
    events.produced();
  }

  /** RESUME, STALL_TERM. */
  void resume(int tag, boolean retry) {
    Integer stream = stalled.remove(tag);
    if (stream != null) {
      outside.resume(stream, tag, retry);
    }
  }

  /** STALL_TERM: every stalled transaction of a stream. */
  void terminate(int stream) {
    for (int tag : stalled.keySet().toArray(Integer[]::new)) {
      Integer of = stalled.get(tag);
      if (of != null && of == stream) {
        resume(tag, false);
      }
    }
  }

  DeviceTlb deviceTlb(int stream) {
    return deviceTlbs.computeIfAbsent(stream, _ -> new DeviceTlb(entries));
  }

  /** A device asks for a page; without room for it the request is answered as failed. */
  public void request(PageRequest request) {
    DmaRequest access = request.access();
    if ((cr0 & PRIQEN) == 0 || pageRequests.isFull()) {
      if ((cr0 & PRIQEN) != 0) {
        pageRequests.overflow();
      }
      if (request.last()) {
        outside.response(access.source(), access.pasid(), request.group(), 1);
      }
      return;
    }
    long at = pageRequests.prodAddress();
    memory.store(
        at,
        Integer.toUnsignedLong(access.source())
            | (access.hasPasid() ? 1L << 63 | (long) access.pasid() << 32 : 0)
            | (access.privileged() ? 1L << 58 : 0)
            | (access.write() ? 1L << 61 : 1L << 60)
            | (request.last() ? 1L << 62 : 0));
    memory.store(at + Long.BYTES, (access.address() & -1L << 12) | request.group());
    pageRequests.produced();
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("cr0", cr0);
    out.hex("cr2", cr2);
    out.hex("gbpa", gbpa);
    out.hex("irq_ctrl", irqControl);
    out.hex("gerror", gerror);
    out.hex("gerrorn", gerrorAcknowledged);
    out.hex("strtab_base", strtabBase);
    out.hex("strtab_base_cfg", strtabBaseCfg);
    out.number("next_tag", nextTag);
    stalled.forEach((tag, stream) -> out.number("stalled_" + tag, stream));
    out.child("commands", "", commands);
    out.child("events", "", events);
    out.child("page_requests", "", pageRequests);
    out.child("caches", "", caches);
    deviceTlbs.forEach((stream, tlb) -> out.child("device_tlb", Integer.toString(stream), tlb));
  }
}
