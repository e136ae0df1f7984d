package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.EventKind;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.agrona.collections.Long2LongCounterMap;

/**
 * Counts the interrupts that vCPUs took, by the path on which they came and, for messages, by GSI:
 * what came by a pin of the I/O APIC is not listed by GSI, as recorded on Linux. An event counts
 * once, however many vCPUs took it.
 */
final class KvmDeliveries implements Stateful {

  /** How an interrupt came to a vCPU. */
  enum Path {
    /** An irqfd's message, in the context of whoever signalled the eventfd. */
    IRQFD_DIRECT(0),
    /** An irqfd's line or message by way of the work queue. */
    IRQFD_WORK(1),
    /** Posted by the IOMMU: the eventfd was not touched. */
    POSTED(2),
    /** KVM_IRQ_LINE. */
    IRQ_LINE(3),
    /** KVM_SIGNAL_MSI. */
    SIGNAL_MSI(4),
    /** An I/O APIC line that was still up at an EOI, or when its pin was unmasked. */
    IOAPIC_AGAIN(5);

    /** Where its count is. */
    private final int place;

    Path(int place) {
      this.place = place;
    }
  }

  private final EventLog events;
  private final int vm;
  private final Long2LongCounterMap injected = new Long2LongCounterMap(0);
  private final Long2LongCounterMap posted = new Long2LongCounterMap(0);
  private final long[] byPath = new long[Path.values().length];

  KvmDeliveries(EventLog events, int vm) {
    this.events = events;
    this.vm = vm;
  }

  /** A message of a GSI was taken. */
  void count(int gsi, Path path) {
    count(path, () -> "GSI " + Integer.toUnsignedString(gsi) + " by " + path);
    long key = Integer.toUnsignedLong(gsi);
    injected.incrementAndGet(key);
    if (path == Path.POSTED) {
      posted.incrementAndGet(key);
    }
  }

  /** Something else was taken. */
  void count(Path path) {
    count(path, () -> "by " + path);
  }

  private void count(Path path, Supplier<String> detail) {
    byPath[path.place]++;
    events.record(EventKind.EVENT_KIND_INTERRUPT, path.name(), () -> "VM " + vm, detail);
  }

  /** Messages taken, by GSI in ascending order. */
  void injectedTo(Map<Integer, Long> to) {
    copy(injected, to);
  }

  /** Those of them that were posted. */
  void postedTo(Map<Integer, Long> to) {
    copy(posted, to);
  }

  private static void copy(Long2LongCounterMap from, Map<Integer, Long> to) {
    long[] gsis = new long[from.size()];
    int[] count = new int[1];
    from.forEach((gsi, events) -> gsis[count[0]++] = gsi);
    Arrays.sort(gsis);
    for (long gsi : gsis) {
      to.put((int) gsi, from.get(gsi));
    }
  }

  @Override
  public void writeState(StateWriter out) {
    for (Path path : Path.values()) {
      out.number(path.name(), byPath[path.place]);
    }
    Map<Integer, Long> counts = new LinkedHashMap<>();
    copy(injected, counts);
    counts.forEach(
        (gsi, events) -> out.number("injected " + Integer.toUnsignedString(gsi), events));
    counts.clear();
    copy(posted, counts);
    counts.forEach((gsi, events) -> out.number("posted " + Integer.toUnsignedString(gsi), events));
  }
}
