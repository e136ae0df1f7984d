package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.CacheUses;
import io.virtrig.emulator.hardware.iommu.DeviceTlb;
import io.virtrig.emulator.hardware.iommu.DmaOutcome;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.MessageSink;
import io.virtrig.emulator.hardware.iommu.PageRequest;
import io.virtrig.emulator.hardware.iommu.PageResponse;
import io.virtrig.emulator.hardware.iommu.StaleListener;
import io.virtrig.emulator.hardware.iommu.TranslationCache;
import io.virtrig.emulator.hardware.iommu.UnitMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.ContextCache;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.Granularity;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.InterruptEntry;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.Iotlb;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.Malformed;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.PageGroupResponse;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.PasidCache;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.PasidDeviceTlb;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.PasidIotlb;
import io.virtrig.emulator.hardware.iommu.vtd.QueueDescriptor.Wait;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.TreeMap;

/**
 * A VT-d unit as software sees it: a page of registers over memory in which its tables and queues
 * lie. An access is naturally aligned and of 4 or 8 bytes; offsets of no register read as zero and
 * ignore writes.
 */
public final class VtdRegisters implements Stateful {

  /** What a unit tells the world. */
  public interface Outside extends MessageSink {
    /** A remapped or posted interrupt. */
    void interrupt(int vector, int destination, boolean logical, int deliveryMode, boolean level);

    /** A group of page requests has been answered. */
    void response(int source, int pasid, int group, PageResponse response);
  }

  private static final int VER = 0x000;
  private static final int CAP = 0x008;
  private static final int ECAP = 0x010;
  private static final int GCMD = 0x018;
  private static final int GSTS = 0x01c;
  private static final int RTADDR = 0x020;
  private static final int CCMD = 0x028;
  private static final int FSTS = 0x034;
  private static final int FECTL = 0x038;
  private static final int IQH = 0x080;
  private static final int IQT = 0x088;
  private static final int IQA = 0x090;
  private static final int ICS = 0x09c;
  private static final int IECTL = 0x0a0;
  private static final int IQERCD = 0x0b0;
  private static final int IRTA = 0x0b8;
  private static final int PQH = 0x0c0;
  private static final int PQT = 0x0c8;
  private static final int PQA = 0x0d0;
  private static final int PRS = 0x0dc;
  private static final int PECTL = 0x0e0;

  private static final int VERSION = 0x10;
  private static final int TE = 1 << 31;
  private static final int SRTP = 1 << 30;
  private static final int QIE = 1 << 26;
  private static final int IRE = 1 << 25;
  private static final int SIRTP = 1 << 24;
  private static final int CFI = 1 << 23;

  private static final int PFO = 1;
  private static final int PPF = 1 << 1;
  private static final int IQE = 1 << 4;
  private static final int FRI_SHIFT = 8;

  /** CCMD.ICC and IOTLB.IVT: asked for; read as 1 until it is done, which is at once. */
  private static final long START = 1L << 63;

  private static final int RECORD_BYTES = 16;
  private static final long TTM = 3L << 10;
  private static final long LEGACY = 0;

  private final VtdCapabilities capabilities;
  private final Outside outside;
  private final VtdCaches caches;
  private final VtdTranslation translation;
  private final int entries;
  private final FaultRecords faults;
  private final InvalidationQueue queue;
  private final InterruptRemapping interrupts;
  private final PageRequestQueue pageRequests;
  private final EventRegisters faultEvent;
  private final EventRegisters completionEvent;
  private final EventRegisters pageRequestEvent;
  private final TreeMap<Integer, DeviceTlb> deviceTlbs = new TreeMap<>();

  private boolean translating;
  private boolean rootTableSet;
  private boolean interruptTableSet;
  private boolean waitCompleted;
  private long rtaddr;
  private long rootTable;
  private long irta;
  private long ccmd;
  private long iva;
  private long iotlb;

  /** A unit after reset. */
  public VtdRegisters(
      UnitMemory memory, VtdCapabilities capabilities, int entries, Outside outside) {
    this.capabilities = capabilities;
    this.entries = entries;
    this.outside = outside;
    caches = new VtdCaches(entries, new CacheUses());
    translation = new VtdTranslation(memory, capabilities, WalkObserver.NONE, caches);
    faults = new FaultRecords(capabilities.faultRecords());
    queue = new InvalidationQueue(memory, capabilities.maximumAddressMask(), new Execution());
    interrupts = new InterruptRemapping(memory, new Delivery());
    pageRequests = new PageRequestQueue(memory);
    faultEvent = new EventRegisters(outside);
    completionEvent = new EventRegisters(outside);
    pageRequestEvent = new EventRegisters(outside);
  }

  /** Who is told when something stale is used. */
  public void staleListener(StaleListener listener) {
    translation.staleListener(listener);
  }

  /** Reads a register, or half of one. */
  public long read(int offset, int size) {
    if (size == Integer.BYTES) {
      return offset % Long.BYTES == 0 || isNarrow(offset & -Long.BYTES)
          ? read(offset) & 0xffff_ffffL
          : read(offset - Integer.BYTES) >>> Integer.SIZE;
    }
    return isNarrow(offset)
        ? (read(offset) & 0xffff_ffffL) | read(offset + Integer.BYTES) << Integer.SIZE
        : read(offset);
  }

  /** Whether two registers of four bytes lie in this quadword. */
  private static boolean isNarrow(int offset) {
    return switch (offset) {
      case VER, GCMD, 0x030, FECTL, 0x040, 0x060, 0x068, 0x098, IECTL, 0x0a8, 0x0d8, PECTL, 0x0e8 ->
          true;
      default -> false;
    };
  }

  private long read(int offset) {
    if (offset >= capabilities.faultOffset()
        && offset < capabilities.faultOffset() + faults.size() * RECORD_BYTES) {
      int at = offset - capabilities.faultOffset();
      return faults.word(at / RECORD_BYTES, at % RECORD_BYTES != 0);
    }
    if (offset == capabilities.iotlbOffset()) {
      return iva;
    }
    if (offset == capabilities.iotlbOffset() + Long.BYTES) {
      return iotlb;
    }
    return switch (offset) {
      case VER -> VERSION;
      case CAP -> capabilities.cap();
      case ECAP -> capabilities.ecap();
      case GSTS -> status();
      case RTADDR -> rtaddr;
      case CCMD -> ccmd;
      case FSTS -> faultStatus();
      case FECTL, FECTL + 4, FECTL + 8, FECTL + 12 -> faultEvent.read((offset - FECTL) / 4);
      case IQH -> queue.head();
      case IQT -> queue.tail();
      case IQA -> queue.address();
      case ICS -> waitCompleted ? 1 : 0;
      case IECTL, IECTL + 4, IECTL + 8, IECTL + 12 -> completionEvent.read((offset - IECTL) / 4);
      case IQERCD -> queue.error();
      case IRTA -> irta;
      case PQH -> pageRequests.head();
      case PQT -> pageRequests.tail();
      case PQA -> pageRequests.address();
      case PRS -> pageRequests.status();
      case PECTL, PECTL + 4, PECTL + 8, PECTL + 12 -> pageRequestEvent.read((offset - PECTL) / 4);
      default -> 0;
    };
  }

  private int status() {
    return (translating ? TE : 0)
        | (rootTableSet ? SRTP : 0)
        | (queue.enabled() ? QIE : 0)
        | (interrupts.enabled() ? IRE : 0)
        | (interruptTableSet ? SIRTP : 0)
        | (interrupts.compatibility() ? CFI : 0);
  }

  private int faultStatus() {
    return (faults.overflow() ? PFO : 0)
        | (faults.pending() ? PPF | faults.first() << FRI_SHIFT : 0)
        | (queue.error() != 0 ? IQE : 0);
  }

  /** Writes a register; of one of eight bytes, half of it may be written. */
  public void write(int offset, int size, long value) {
    if (size == Integer.BYTES) {
      int whole = offset & -Long.BYTES;
      if (isNarrow(whole)) {
        write(offset, value & 0xffff_ffffL);
      } else if (offset == whole) {
        write(whole, (quiet(whole) & -1L << Integer.SIZE) | (value & 0xffff_ffffL));
      } else {
        write(whole, (quiet(whole) & 0xffff_ffffL) | value << Integer.SIZE);
      }
    } else if (isNarrow(offset)) {
      write(offset, value & 0xffff_ffffL);
      write(offset + Integer.BYTES, value >>> Integer.SIZE);
    } else {
      write(offset, value);
    }
  }

  /** What a register holds, but for bits that are cleared by writing 1. */
  private long quiet(int offset) {
    boolean records =
        offset >= capabilities.faultOffset()
            && offset < capabilities.faultOffset() + faults.size() * RECORD_BYTES;
    return records ? 0 : read(offset);
  }

  private void write(int offset, long value) {
    if (offset >= capabilities.faultOffset()
        && offset < capabilities.faultOffset() + faults.size() * RECORD_BYTES) {
      int at = offset - capabilities.faultOffset();
      if (at % RECORD_BYTES != 0 && value < 0) {
        faults.free(at / RECORD_BYTES);
        settle();
      }
      return;
    }
    if (offset == capabilities.iotlbOffset()) {
      iva = value;
      return;
    }
    if (offset == capabilities.iotlbOffset() + Long.BYTES) {
      invalidateIotlb(value);
      return;
    }
    switch (offset) {
      case GCMD -> command((int) value);
      case RTADDR -> rtaddr = value;
      case CCMD -> invalidateContexts(value);
      case FSTS -> {
        if ((value & PFO) != 0) {
          faults.clearOverflow();
        }
        if ((value & IQE) != 0 && queue.error() != 0) {
          queue.clearError();
        }
        settle();
      }
      case FECTL, FECTL + 4, FECTL + 8, FECTL + 12 ->
          faultEvent.write((offset - FECTL) / 4, (int) value);
      case IQT -> queue.tail(value);
      case IQA -> queue.address(value);
      case ICS -> {
        if ((value & 1) != 0) {
          waitCompleted = false;
          completionEvent.clear();
        }
      }
      case IECTL, IECTL + 4, IECTL + 8, IECTL + 12 ->
          completionEvent.write((offset - IECTL) / 4, (int) value);
      case IRTA -> irta = value;
      case PQH -> pageRequests.head(value);
      case PQT -> pageRequests.tail(value);
      case PQA -> pageRequests.address(value);
      case PRS -> {
        pageRequests.clear((int) value);
        if (pageRequests.status() == 0) {
          pageRequestEvent.clear();
        }
      }
      case PECTL, PECTL + 4, PECTL + 8, PECTL + 12 ->
          pageRequestEvent.write((offset - PECTL) / 4, (int) value);
      default -> {}
    }
  }

  /** GCMD: one-shot bits act when they are set, the others when they differ from the status. */
  private void command(int value) {
    int changed = value ^ status();
    if ((changed & TE) != 0) {
      translating = (value & TE) != 0;
    }
    if ((value & SRTP) != 0) {
      rootTable = rtaddr;
      rootTableSet = true;
    }
    if ((changed & QIE) != 0) {
      queue.enable((value & QIE) != 0);
    }
    if ((value & SIRTP) != 0) {
      interrupts.table(irta);
      interruptTableSet = true;
    }
    if ((changed & IRE) != 0) {
      interrupts.enable((value & IRE) != 0);
    }
    if ((changed & CFI) != 0) {
      interrupts.compatibility((value & CFI) != 0);
    }
  }

  /** Once every status has been dealt with, the event no longer waits. */
  private void settle() {
    if (faultStatus() == 0) {
      faultEvent.clear();
    }
  }

  /** CCMD: only while the queue is off. CAIG says what was done; 0 for a wrong request. */
  private void invalidateContexts(long value) {
    ccmd = value & ~START & ~(3L << 59);
    if ((value & START) == 0 || queue.enabled()) {
      return;
    }
    long asked = value >>> 61 & 3;
    switch ((int) asked) {
      case 1 -> caches.flushContexts();
      case 2 -> flushContexts((int) value & 0xffff);
      case 3 -> caches.flushContext((int) (value >>> 16) & 0xffff, (int) (value >>> 32) & 3);
      default -> {}
    }
    ccmd |= asked << 59;
  }

  private void flushContexts(int domain) {
    if (scalable()) {
      caches.flushContexts();
    } else {
      caches.flushContexts(domain);
    }
  }

  /** The IOTLB register, likewise. */
  private void invalidateIotlb(long value) {
    iotlb = value & ~START & ~(3L << 57);
    if ((value & START) == 0 || queue.enabled()) {
      return;
    }
    int domain = (int) (value >>> 32) & 0xffff;
    int mask = (int) iva & 0x3f;
    long asked = value >>> 60 & 3;
    switch ((int) asked) {
      case 1 -> caches.flushAll();
      case 2 -> caches.flushDomain(domain);
      case 3 -> {
        if (mask > capabilities.maximumAddressMask()) {
          asked = 0;
        } else {
          caches.flushPages(domain, iva & -1L << 12, mask, (iva & 1 << 6) != 0);
        }
      }
      default -> {}
    }
    iotlb |= asked << 57;
  }

  private void execute(QueueDescriptor descriptor) {
    switch (descriptor) {
      case ContextCache it -> {
        switch (it.granularity()) {
          case DOMAIN -> flushContexts(it.domain());
          case DEVICE -> caches.flushContext(it.source(), it.functionMask());
          default -> caches.flushContexts();
        }
      }
      case Iotlb it -> {
        switch (it.granularity()) {
          case DOMAIN -> caches.flushDomain(it.domain());
          case PAGE ->
              caches.flushPages(it.domain(), it.address(), it.addressMask(), it.leafOnly());
          default -> caches.flushAll();
        }
      }
      case PasidIotlb it -> {
        if (it.granularity() == Granularity.PASID) {
          caches.flushPasid(it.domain(), it.pasid());
        } else {
          caches.flushPasidPages(
              it.domain(), it.pasid(), it.address(), it.addressMask(), it.leafOnly());
        }
      }
      case PasidCache it -> {
        switch (it.granularity()) {
          case DOMAIN -> caches.flushPasids(it.domain());
          case PASID -> caches.flushPasidEntry(it.domain(), it.pasid());
          default -> caches.flushPasids();
        }
      }
      case QueueDescriptor.DeviceTlb it ->
          deviceTlb(it.source()).flush(DmaRequest.NO_PASID, it.address(), it.shift());
      case PasidDeviceTlb it -> {
        if (it.allPasids()) {
          deviceTlb(it.source()).flushPasids(it.address(), it.shift());
        } else {
          deviceTlb(it.source()).flush(it.pasid(), it.address(), it.shift());
        }
      }
      case InterruptEntry it -> {
        if (it.granularity() == Granularity.INDEX) {
          interrupts.flush(it.index(), it.indexMask());
        } else {
          interrupts.flush();
        }
      }
      case PageGroupResponse it ->
          outside.response(
              it.source(),
              it.pasidPresent() ? it.pasid() : DmaRequest.NO_PASID,
              it.group(),
              response(it.code()));
      case Wait _, Malformed _ -> throw new IllegalStateException("the queue's own business");
    }
  }

  private static PageResponse response(int code) {
    for (PageResponse response : PageResponse.values()) {
      if (response.code() == code) {
        return response;
      }
    }
    return PageResponse.FAILURE;
  }

  private DeviceTlb deviceTlb(int source) {
    return deviceTlbs.computeIfAbsent(source, _ -> new DeviceTlb(entries));
  }

  private void completed() {
    if (!waitCompleted) {
      waitCompleted = true;
      completionEvent.raise();
    }
  }

  private void stopped() {
    if (!faults.pending() && !faults.overflow()) {
      faultEvent.raise();
    }
  }

  private boolean scalable() {
    return (rootTable & TTM) != LEGACY;
  }

  /**
   * Translates an access of a device. With translation off it passes.
   *
   * @return the outcome, until the next access
   */
  public DmaOutcome translate(DmaRequest request) {
    VtdOutcome outcome =
        translating ? translation.translate(rootTable, request) : translation.pass(request);
    record(request, outcome);
    return outcome;
  }

  /**
   * An access of a device with a device TLB: by a translation that it keeps, else by one that it
   * asks for (ATS) and keeps. An answer without rights blocks it and is recorded nowhere.
   *
   * @return the outcome, until the next access
   */
  public DmaOutcome translateByAts(DmaRequest request) {
    if (!translating) {
      return translation.pass(request);
    }
    DeviceTlb tlb = deviceTlb(request.source());
    int slot = tlb.find(request);
    if (slot != TranslationCache.NONE) {
      return translation.kept(tlb.translations(), slot, request.address());
    }
    VtdOutcome answer = translation.translateForDevice(rootTable, request);
    VtdFault fault = answer.fault();
    if (fault == null) {
      tlb.add(request, answer);
    } else if (!fault.deniesRights()) {
      record(request, answer);
    }
    return answer;
  }

  private void record(DmaRequest request, VtdOutcome outcome) {
    if (outcome.recorded()) {
      boolean quiet = faultStatus() == 0;
      if (faults.record(request, outcome.code()) && quiet) {
        faultEvent.raise();
      }
    }
  }

  /** A device asks for a page. */
  public void request(PageRequest request) {
    VtdOutcome allowed = translation.pageRequest(rootTable, request.access());
    if (allowed.blocked()) {
      record(request.access(), allowed);
      if (request.last()) {
        outside.response(
            request.access().source(),
            request.access().pasid(),
            request.group(),
            PageResponse.INVALID_REQUEST);
      }
      return;
    }
    switch (pageRequests.add(request)) {
      case QUEUED -> {}
      case FIRST -> pageRequestEvent.raise();
      case FULL -> {
        if (request.last()) {
          outside.response(
              request.access().source(),
              request.access().pasid(),
              request.group(),
              PageResponse.FAILURE);
        }
      }
    }
  }

  /** A device writes a message to the interrupt range. */
  public void message(int source, long address, int data) {
    interrupts.message(source, address, data);
  }

  private void fault(int source, int index, VtdInterruptFault why) {
    boolean quiet = faultStatus() == 0;
    if (faults.recordInterrupt(source, index, why.reason()) && quiet) {
      faultEvent.raise();
    }
  }

  /** What the queue asks for. */
  private final class Execution implements InvalidationQueue.Executor {
    @Override
    public void execute(QueueDescriptor descriptor) {
      VtdRegisters.this.execute(descriptor);
    }

    @Override
    public void completed() {
      VtdRegisters.this.completed();
    }

    @Override
    public void stopped() {
      VtdRegisters.this.stopped();
    }

    @Override
    public boolean scalable() {
      return VtdRegisters.this.scalable();
    }
  }

  /** What becomes of messages. */
  private final class Delivery implements InterruptRemapping.Sink {
    @Override
    public void deliver(
        int vector, int destination, boolean logical, int deliveryMode, boolean level) {
      outside.interrupt(vector, destination, logical, deliveryMode, level);
    }

    @Override
    public void fault(int source, int index, VtdInterruptFault why) {
      VtdRegisters.this.fault(source, index, why);
    }

    @Override
    public void pass(long address, int data) {
      outside.message(address, data);
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("status", Integer.toUnsignedLong(status()));
    out.hex("rtaddr", rtaddr);
    out.hex("root_table", rootTable);
    out.hex("irta", irta);
    out.hex("ccmd", ccmd);
    out.hex("iva", iva);
    out.hex("iotlb", iotlb);
    out.flag("wait_completed", waitCompleted);
    out.child("faults", "", faults);
    out.child("queue", "", queue);
    out.child("interrupts", "", interrupts);
    out.child("page_requests", "", pageRequests);
    out.child("fault_event", "", faultEvent);
    out.child("completion_event", "", completionEvent);
    out.child("page_request_event", "", pageRequestEvent);
    out.child("caches", "", caches);
    deviceTlbs.forEach((source, tlb) -> out.child("device_tlb", Integer.toHexString(source), tlb));
  }
}
