package io.virtrig.emulator.kernel.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.kernel.kvm.KvmDeliveries.Path;
import io.virtrig.v1.Event;
import io.virtrig.v1.EventKind;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class KvmDeliveriesTest {
  private final List<String> told = new ArrayList<>();
  private final EventLog events = new EventLog((kind, label) -> told.add(kind + " " + label));
  private final KvmDeliveries deliveries = new KvmDeliveries(events, 5);

  @Test
  void eachDeliveryIsAnEventThatNamesItsPath() {
    events.operation(7);
    deliveries.count(24, Path.POSTED);
    deliveries.count(Path.IRQ_LINE);
    assertThat(told)
        .containsExactly("EVENT_KIND_INTERRUPT POSTED", "EVENT_KIND_INTERRUPT IRQ_LINE");
    assertThat(events.after(0, 10))
        .containsExactly(event(1, "GSI 24 by POSTED"), event(2, "by IRQ_LINE"));
  }

  private static Event event(long sequence, String detail) {
    return Event.newBuilder()
        .setSequence(sequence)
        .setOperation(7)
        .setKind(EventKind.EVENT_KIND_INTERRUPT)
        .setSubject("VM 5")
        .setDetail(detail)
        .build();
  }

  @Test
  void theLogKeepsTheLatestAndSaysWhatItForgot() {
    for (int i = 0; i < 300; i++) {
      deliveries.count(i, Path.POSTED);
    }
    assertThat(events.oldest()).isEqualTo(45);
    assertThat(events.after(0, 1000)).hasSize(256);
    assertThat(events.after(298, 1000)).hasSize(2);
  }

  @Test
  void onlyPostedMessagesCountAsPosted() {
    deliveries.count(24, Path.POSTED);
    deliveries.count(24, Path.IRQFD_DIRECT);
    deliveries.count(-1, Path.SIGNAL_MSI);
    TreeMap<Integer, Long> injected = new TreeMap<>();
    TreeMap<Integer, Long> posted = new TreeMap<>();
    deliveries.injectedTo(injected);
    deliveries.postedTo(posted);
    assertThat(injected).containsEntry(24, 2L).containsEntry(-1, 1L);
    assertThat(posted).containsOnlyKeys(24);
  }
}
