package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.hardware.iommu.CacheKind;
import io.virtrig.emulator.hardware.iommu.CacheUses;
import io.virtrig.emulator.hardware.iommu.DeviceTlb;
import io.virtrig.emulator.hardware.iommu.DmaOutcome;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.FaultListener;
import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.iommu.IommuUnit;
import io.virtrig.emulator.hardware.iommu.PageRequest;
import io.virtrig.emulator.hardware.iommu.PageResponse;
import io.virtrig.emulator.hardware.iommu.RecordedFault;
import io.virtrig.emulator.hardware.iommu.StaleListener;
import io.virtrig.emulator.hardware.iommu.StaleUse;
import io.virtrig.emulator.hardware.iommu.TableMemory;
import io.virtrig.emulator.hardware.iommu.UntouchedMemory;
import io.virtrig.emulator.hardware.iommu.WalkObserver;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A host's SMMUv3, as the kernel programs it: stream table and stage 2 are the host's own, context
 * descriptors and stage 1 lie in guest memory and are walked there, through stage 2.
 *
 * <p>A source is a stream. Context descriptors that were read and translations stay in force until
 * they are invalidated; stream table entries change with their invalidation, as the driver always
 * sends both.
 */
public final class SmmuUnit implements IommuUnit {

  /**
   * A guest's context descriptors.
   *
   * @param table intermediate address of the table, or of the only descriptor
   * @param format S1Fmt: 0 linear, 1 two-level with 4 KiB, 2 with 64 KiB
   * @param substreamBits S1CDMax
   * @param withoutSubstream S1DSS
   */
  public record Contexts(long table, int format, int substreamBits, int withoutSubstream) {}

  private enum Stage1Mode {
    BYPASS,
    TRANSLATE,
    ABORT
  }

  /** What the host has set up for a stream, and what is kept for it. */
  private static final class Stream implements Stateful {
    final IommuDomain domain;
    final TreeMap<Integer, long[]> kept = new TreeMap<>();
    final DeviceTlb deviceTlb;
    Stage1Mode mode = Stage1Mode.BYPASS;
    Contexts contexts = new Contexts(0, 0, 0, 0);
    FaultListener faults = FaultListener.NONE;

    Stream(IommuDomain domain, int entries, CacheUses uses) {
      this.domain = domain;
      deviceTlb = new DeviceTlb(entries, uses.deviceTlb());
    }

    @Override
    public void writeState(StateWriter out) {
      out.text("stage1", mode.name());
      out.hex("contexts", contexts.table);
      out.number("format", contexts.format);
      out.number("substream_bits", contexts.substreamBits);
      out.number("without_substream", contexts.withoutSubstream);
      kept.forEach((substream, words) -> out.hex("kept_context_" + substream, words[0]));
      out.child("device_tlb", "", deviceTlb);
    }
  }

  private final int entries;
  private final CacheUses uses;
  private final TableMemory memory;
  private final SmmuCapabilities capabilities;
  private final SmmuOutcome outcome;
  private final SmmuCaches caches;
  private final SmmuPaging paging;
  private final Stage2Domain stage2;
  private final ContextTable contexts;
  private final StreamTableEntry entry = new StreamTableEntry();
  private final ContextDescriptor context = new ContextDescriptor();
  private final TreeMap<Integer, Stream> streams = new TreeMap<>();
  private final TreeMap<Integer, FaultListener> listeners = new TreeMap<>();
  private StaleListener stale = StaleListener.NONE;

  /** The stream that was used last: saves looking it up. */
  private @Nullable Stream latest;

  private int latestSource;

  /** A unit that keeps up to so many translations. */
  public SmmuUnit(TableMemory memory, SmmuCapabilities capabilities, int entries, CacheUses uses) {
    this(memory, capabilities, entries, uses, WalkObserver.NONE);
  }

  private SmmuUnit(
      TableMemory memory,
      SmmuCapabilities capabilities,
      int entries,
      CacheUses uses,
      WalkObserver observer) {
    this.entries = entries;
    this.uses = uses;
    this.memory = memory;
    this.capabilities = capabilities;
    outcome = new SmmuOutcome(memory, observer);
    caches = new SmmuCaches(entries, uses);
    paging = new SmmuPaging(memory, capabilities, outcome, caches);
    stage2 = new Stage2Domain(outcome);
    contexts = new ContextTable(memory, outcome);
  }

  @Override
  public void attach(int source, IommuDomain domain) {
    Stream stream = new Stream(domain, entries, uses);
    stream.faults = listeners.getOrDefault(source, FaultListener.NONE);
    streams.put(source, stream);
    latest = null;
  }

  @Override
  public void detach(int source) {
    Stream stream = streams.remove(source);
    latest = null;
    if (stream == null) {
      return;
    }
    for (Stream other : streams.values()) {
      if (other.domain.id() == stream.domain.id()) {
        return;
      }
    }
    caches.flushVmid(stream.domain.id());
  }

  /**
   * The stream's stage 1 is the guest's, over its domain as stage 2 (STE.Config 111). With the
   * configuration caches of the stream invalidated, as the driver does; its translations are not.
   */
  public void translateStage1(int source, Contexts by) {
    stage1(source, Stage1Mode.TRANSLATE, by);
  }

  /** The stream's stage 1 lets everything through to stage 2 (STE.Config 110). */
  public void bypassStage1(int source) {
    stage1(source, Stage1Mode.BYPASS, new Contexts(0, 0, 0, 0));
  }

  /** Every transaction of the stream is terminated, without an event (STE.Config 000). */
  public void abort(int source) {
    stage1(source, Stage1Mode.ABORT, new Contexts(0, 0, 0, 0));
  }

  private void stage1(int source, Stage1Mode mode, Contexts by) {
    Stream stream = streams.get(source);
    if (stream == null) {
      throw new IllegalStateException("nothing is attached for stream " + source);
    }
    stream.mode = mode;
    stream.contexts = by;
    stream.kept.clear();
  }

  /** CFGI_CD_ALL: the context descriptors of a stream. */
  public void invalidateContexts(int source) {
    Stream stream = streams.get(source);
    if (stream != null) {
      stream.kept.clear();
    }
  }

  /** CFGI_CD: the context descriptor of a substream. */
  public void invalidateContext(int source, int substream) {
    Stream stream = streams.get(source);
    if (stream != null) {
      stream.kept.remove(substream);
    }
  }

  /** TLBI_NH_ASID. */
  public void invalidateAsid(IommuDomain domain, int asid) {
    caches.flushAsid(domain.id(), asid);
  }

  /** TLBI_NH_VA, for each address from {@code first} to {@code last}. */
  public void invalidateAddresses(
      IommuDomain domain, int asid, long first, long last, boolean leafOnly) {
    caches.flushAddresses(domain.id(), asid, first, last);
  }

  /** TLBI_NH_VAA, for each address from {@code first} to {@code last}. */
  public void invalidateAddresses(IommuDomain domain, long first, long last, boolean leafOnly) {
    caches.flushAddresses(domain.id(), first, last);
  }

  /** TLBI_NH_ALL. */
  public void invalidateStage1(IommuDomain domain) {
    caches.flushStage1(domain.id());
  }

  /** TLBI_S12_VMALL. */
  public void invalidate(IommuDomain domain) {
    caches.flushVmid(domain.id());
  }

  /** ATC_INV: {@code 1 << shift} bytes of a substream, or without one; 64 for all. */
  public void invalidateDeviceTlb(int source, int substream, long address, int shift) {
    Stream stream = streams.get(source);
    if (stream != null) {
      stream.deviceTlb.flush(substream, address, shift);
    }
  }

  /** TLBI_S2_IPA and, for what stage 1 has been combined with, TLBI_NH_ALL; ATC_INV. */
  @Override
  public void flush(IommuDomain domain, long start, long last) {
    caches.flushIntermediate(domain.id(), start, last);
    caches.flushStage1(domain.id());
    for (Stream stream : streams.values()) {
      if (stream.domain.id() == domain.id()) {
        stream.deviceTlb.flush();
      }
    }
  }

  @Override
  public DmaOutcome translate(DmaRequest request) {
    outcome.begin();
    Stream stream = stream(request.source());
    if (stream == null) {
      outcome.fault(SmmuEvent.C_BAD_STE);
      return outcome;
    }
    if (stream.mode == Stage1Mode.ABORT) {
      outcome.abort();
      return outcome;
    }
    entry.set(stream.mode == Stage1Mode.TRANSLATE, stream.contexts);
    stage2.use(stream.domain);
    byStages(stream, request);
    SmmuEvent event = outcome.event();
    if (event != null && outcome.recorded()) {
      stream.faults.fault(
          new RecordedFault(
              request, event.name(), event.type(), outcome.fetchAddress(), outcome.stage2()));
    }
    return outcome;
  }

  private @Nullable Stream stream(int source) {
    if (latest == null || latestSource != source) {
      latest = streams.get(source);
      latestSource = source;
    }
    return latest;
  }

  private void byStages(Stream stream, DmaRequest request) {
    int substream = entry.substream(request);
    if (substream == StreamTableEntry.DISABLED) {
      outcome.fault(SmmuEvent.F_STREAM_DISABLED);
    } else if (substream == StreamTableEntry.BAD) {
      outcome.fault(SmmuEvent.C_BAD_SUBSTREAMID);
    } else if (substream == StreamTableEntry.BYPASSED) {
      paging.translate(null, stage2, stream.domain.id(), request);
    } else if (context(stream, substream, request)) {
      paging.translate(context, stage2, stream.domain.id(), request);
    }
  }

  /** The context descriptor: what is kept of it, or what memory holds, which is then kept. */
  private boolean context(Stream stream, int substream, DmaRequest request) {
    long @Nullable [] kept = stream.kept.get(substream);
    if (kept != null) {
      if (kept[ContextDescriptor.WORDS + 1] != memory.changes()) {
        compare(kept, request);
      }
      context.set(kept);
      return true;
    }
    if (!contexts.read(entry, substream, stage2, context)) {
      return false;
    }
    if (!context.valid(capabilities)) {
      outcome.fault(SmmuEvent.C_BAD_CD);
      return false;
    }
    stream.kept.put(substream, context.copy(contexts.descriptorAddress(), memory.changes()));
    return true;
  }

  /** The sanitizer: whether memory still holds the descriptor that is kept. */
  private void compare(long[] kept, DmaRequest request) {
    long at = kept[ContextDescriptor.WORDS];
    int changed = changedWord(kept);
    if (changed >= 0) {
      long where = at + (long) changed * Long.BYTES;
      stale.used(
          new StaleUse(
              request,
              CacheKind.PASID,
              where,
              kept[changed],
              memory.word(where),
              "whoever changed the context descriptor should have had it invalidated (CFGI_CD)"));
    }
    kept[ContextDescriptor.WORDS + 1] = memory.changes();
  }

  /** Which word of a descriptor that is kept memory no longer holds; -1 for none. */
  private int changedWord(long[] kept) {
    long at = kept[ContextDescriptor.WORDS];
    for (int word = 0; word < ContextDescriptor.WORDS; word++) {
      if (kept[word] != memory.word(at + (long) word * Long.BYTES)) {
        return word;
      }
    }
    return -1;
  }

  @Override
  public DmaOutcome translateByAts(DmaRequest request) {
    Stream stream = streams.get(request.source());
    if (stream == null) {
      return translate(request);
    }
    return stream.deviceTlb.translate(request, outcome, this);
  }

  @Override
  public PageResponse request(PageRequest request) {
    return PageResponse.INVALID_REQUEST;
  }

  @Override
  public void faultListener(int source, FaultListener listener) {
    listeners.put(source, listener);
    Stream stream = streams.get(source);
    if (stream != null) {
      stream.faults = listener;
    }
  }

  @Override
  public void staleListener(StaleListener listener) {
    stale = listener;
    paging.staleListener(listener);
  }

  @Override
  public DmaOutcome walk(DmaRequest request, WalkObserver observer) {
    SmmuUnit look = looking(observer, 0);
    Stream stream = streams.get(request.source());
    if (stream != null) {
      Stream shown = look.shown(request.source(), stream);
      if (stream.mode != Stage1Mode.ABORT) {
        look.entry.set(stream.mode == Stage1Mode.TRANSLATE, stream.contexts);
        look.entry.show(observer);
      }
      shown.kept.clear();
    }
    return look.translate(request);
  }

  /** A unit over the same memory that changes nothing and keeps so many entries. */
  private SmmuUnit looking(WalkObserver observer, int keeping) {
    return new SmmuUnit(
        new UntouchedMemory(memory), capabilities, keeping, new CacheUses(), observer);
  }

  private Stream shown(int source, Stream of) {
    Stream shown = new Stream(of.domain, 0, uses);
    shown.mode = of.mode;
    shown.contexts = of.contexts;
    shown.kept.putAll(of.kept);
    streams.put(source, shown);
    return shown;
  }

  @Override
  public @Nullable DmaOutcome kept(DmaRequest request, WalkObserver observer) {
    Stream stream = streams.get(request.source());
    if (stream == null || stream.mode == Stage1Mode.ABORT) {
      return null;
    }
    StreamTableEntry set = new StreamTableEntry();
    set.set(stream.mode == Stage1Mode.TRANSLATE, stream.contexts);
    int substream = set.substream(request);
    ContextDescriptor by = null;
    if (substream >= 0) {
      long[] words = stream.kept.get(substream);
      if (words == null) {
        return null;
      }
      by = new ContextDescriptor();
      by.set(words);
      observer.keptPasid(stream.domain.id(), substream, changedWord(words) >= 0);
    } else if (substream != StreamTableEntry.BYPASSED) {
      return null;
    }
    SmmuUnit look = looking(WalkObserver.NONE, 0);
    look.outcome.begin();
    boolean found = look.paging.look(caches, by, true, stream.domain.id(), request, observer);
    return found ? look.outcome : null;
  }

  @Override
  public void writeState(StateWriter out) {
    streams.forEach((source, stream) -> out.child("stream", Integer.toHexString(source), stream));
    out.child("tlb", "", caches);
  }
}
