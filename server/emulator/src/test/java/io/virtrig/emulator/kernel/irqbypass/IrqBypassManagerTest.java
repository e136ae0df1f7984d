package io.virtrig.emulator.kernel.irqbypass;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.ObjectIds;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.Tally;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class IrqBypassManagerTest {
  private final ObjectIds ids = new ObjectIds();
  private final Task task = new Task(1, Task.UNLIMITED, true, new PhysicalMemory(), new Tally());
  private final List<String> calls = new ArrayList<>();
  private final IrqBypassManager manager = new IrqBypassManager(true);
  private final EventFd eventfd = eventfd();

  private EventFd eventfd() {
    return EventFdFile.context(task, task.files().install(new EventFdFile(ids, 0, 0, new Tally())));
  }

  private final class Producer extends IrqBypassProducer {
    private boolean refuses;

    Producer(@Nullable EventFd token) {
      super(token, "vector");
    }

    @Override
    protected void addConsumer(IrqBypassConsumer consumer) {
      calls.add("producer.add");
      if (refuses) {
        throw KernelError.invalid("refused by the producer");
      }
    }

    @Override
    protected void delConsumer(IrqBypassConsumer consumer) {
      calls.add("producer.del");
    }

    @Override
    protected void stop() {
      calls.add("producer.stop");
    }

    @Override
    protected void start() {
      calls.add("producer.start");
    }
  }

  private final class Consumer extends IrqBypassConsumer {
    private boolean refuses;

    Consumer(EventFd token) {
      super(token);
    }

    @Override
    protected String name() {
      return "sink";
    }

    @Override
    protected void addProducer(IrqBypassProducer producer) {
      calls.add("consumer.add");
      if (refuses) {
        throw KernelError.invalid("refused by the consumer");
      }
    }

    @Override
    protected void delProducer(IrqBypassProducer producer) {
      calls.add("consumer.del");
    }

    @Override
    protected void stop() {
      calls.add("consumer.stop");
    }

    @Override
    protected void start() {
      calls.add("consumer.start");
    }
  }

  @Test
  void eitherOrderOfRegistrationConnects() {
    manager.registerProducer(new Producer(eventfd));
    assertThat(calls).isEmpty();
    manager.registerConsumer(new Consumer(eventfd));
    List<String> connect =
        List.of(
            "producer.stop",
            "consumer.stop",
            "producer.add",
            "consumer.add",
            "consumer.start",
            "producer.start");
    assertThat(calls).isEqualTo(connect);
    assertThat(manager.connected()).isOne();

    calls.clear();
    EventFd other = eventfd();
    manager.registerConsumer(new Consumer(other));
    manager.registerProducer(new Producer(other));
    assertThat(calls).isEqualTo(connect);
    assertThat(manager.connected()).isEqualTo(2);
    assertThat(manager.starts()).isEqualTo(2);
    assertThat(manager.stops()).isEqualTo(2);
  }

  @Test
  void eitherSideDisconnectsWhenItGoes() {
    Producer producer = new Producer(eventfd);
    Consumer consumer = new Consumer(eventfd);
    manager.registerProducer(producer);
    manager.registerConsumer(consumer);
    calls.clear();
    manager.unregisterConsumer(consumer);
    assertThat(calls)
        .containsExactly(
            "producer.stop",
            "consumer.stop",
            "consumer.del",
            "producer.del",
            "consumer.start",
            "producer.start");
    manager.registerConsumer(consumer);
    calls.clear();
    manager.unregisterProducer(producer);
    assertThat(calls).contains("consumer.del", "producer.del");
    assertThat(manager.producers()).isEmpty();
    assertThat(manager.consumers()).containsExactly(consumer);
  }

  @Test
  void aTokenIsNeededAndOccursOnceOnEachSide() {
    assertThatThrownBy(() -> manager.registerProducer(new Producer(null)))
        .hasMessageContaining("no token");
    manager.registerProducer(new Producer(eventfd));
    Producer second = new Producer(eventfd);
    assertThatThrownBy(() -> manager.registerProducer(second)).hasMessageContaining("already");
    manager.unregisterProducer(second);
    assertThat(manager.producers()).hasSize(1);
    Consumer consumer = new Consumer(eventfd);
    manager.registerConsumer(consumer);
    assertThatThrownBy(() -> manager.registerConsumer(consumer)).hasMessageContaining("already");
    assertThat(manager.connected()).isOne();
  }

  @Test
  void aRefusedSideIsNotRegisteredAndNotTriedAgain() {
    Producer first = new Producer(eventfd);
    manager.registerProducer(first);
    Producer second = new Producer(eventfd);
    assertThatThrownBy(() -> manager.registerProducer(second));
    manager.unregisterProducer(first);
    manager.registerConsumer(new Consumer(eventfd));
    assertThat(manager.connected()).isZero();
  }

  @Test
  void aProducerThatRefusesKeepsTheConsumerFromBeingAsked() {
    Producer producer = new Producer(eventfd);
    producer.refuses = true;
    manager.registerConsumer(new Consumer(eventfd));
    assertThatThrownBy(() -> manager.registerProducer(producer))
        .hasMessage("refused by the producer");
    assertThat(calls)
        .containsExactly(
            "producer.stop", "consumer.stop", "producer.add", "consumer.start", "producer.start");
    assertThat(manager.producers()).isEmpty();
    assertThat(manager.starts()).isOne();
  }

  @Test
  void aConsumerThatRefusesIsUndoneAtTheProducer() {
    Consumer consumer = new Consumer(eventfd);
    consumer.refuses = true;
    manager.registerProducer(new Producer(eventfd));
    assertThatThrownBy(() -> manager.registerConsumer(consumer))
        .hasMessage("refused by the consumer");
    assertThat(calls)
        .containsExactly(
            "producer.stop",
            "consumer.stop",
            "producer.add",
            "consumer.add",
            "producer.del",
            "consumer.start",
            "producer.start");
    assertThat(manager.consumers()).isEmpty();
  }

  /** The change of July 2020, in mainline from 5.9 to 5.12. */
  @Test
  void withTheChangeOf2020AFailedConnectLeavesBothStopped() {
    IrqBypassManager changed = new IrqBypassManager(false);
    Consumer consumer = new Consumer(eventfd);
    consumer.refuses = true;
    changed.registerProducer(new Producer(eventfd));
    assertThatThrownBy(() -> changed.registerConsumer(consumer));
    assertThat(calls).doesNotContain("consumer.start", "producer.start");
    assertThat(changed.starts()).isZero();
    assertThat(changed.stops()).isOne();
  }

  @Test
  void aPostingProducerTakesTheInterruptAwayFromTheHandler() {
    Producer producer = new Producer(eventfd);
    assertThat(producer.post()).isFalse();
    producer.setVcpuAffinity(() -> calls.add("posted"));
    manager.registerProducer(producer);
    assertThat(producer.post()).isTrue();
    assertThat(calls).containsExactly("posted");
    assertThat(manager.posted()).isOne();
    String posting = StateHash.of(manager);
    producer.setVcpuAffinity(null);
    assertThat(producer.post()).isFalse();
    assertThat(StateHash.of(manager)).isNotEqualTo(posting);
  }
}
