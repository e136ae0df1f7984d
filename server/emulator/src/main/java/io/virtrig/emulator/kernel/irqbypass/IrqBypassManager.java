package io.virtrig.emulator.kernel.irqbypass;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Collection;
import java.util.Collections;
import java.util.TreeMap;

/**
 * The host's list of producers and consumers (virt/lib/irqbypass.c). A token, an eventfd's context,
 * occurs at most once on each list; where it occurs on both, the two are connected, unless
 * connecting them failed.
 */
public final class IrqBypassManager implements Stateful {
  /** By the token's identity. */
  private final TreeMap<Integer, IrqBypassProducer> producers = new TreeMap<>();

  private final TreeMap<Integer, IrqBypassConsumer> consumers = new TreeMap<>();
  private final boolean startAfterFailedConnect;
  private long starts;
  private long stops;

  /**
   * A manager without producers and consumers.
   *
   * @param startAfterFailedConnect both sides are started again when connecting them failed: all
   *     kernels but those with the change of 2020
   */
  public IrqBypassManager(boolean startAfterFailedConnect) {
    this.startAfterFailedConnect = startAfterFailedConnect;
  }

  /**
   * Registers a producer and connects it with the consumer of the same token, if there is one
   * (irq_bypass_register_producer).
   *
   * @throws KernelError EINVAL without a token; EBUSY when another producer has it; or why they
   *     cannot be connected: then the producer is not registered
   */
  public void registerProducer(IrqBypassProducer producer) {
    EventFd token = producer.token();
    if (token == null) {
      throw KernelError.invalid("the producer has no token");
    }
    if (producers.containsKey(token.id())) {
      throw new KernelError(Errno.EBUSY, "a producer has the eventfd already");
    }
    IrqBypassConsumer consumer = consumers.get(token.id());
    if (consumer != null) {
      connect(producer, consumer);
    }
    producers.put(token.id(), producer);
  }

  /**
   * Takes a producer away; nothing happens when none with its token is registered
   * (irq_bypass_unregister_producer). Producers are found by token: of two with the same, only the
   * one that was registered may be given.
   */
  public void unregisterProducer(IrqBypassProducer producer) {
    EventFd token = producer.token();
    if (token == null || !producer.equals(producers.get(token.id()))) {
      return;
    }
    if (producer.consumer != null) {
      disconnect(producer, producer.consumer);
    }
    producers.remove(token.id());
  }

  /**
   * Registers a consumer and connects it with the producer of the same token, if there is one
   * (irq_bypass_register_consumer).
   *
   * @throws KernelError EBUSY when another consumer has the token; or why they cannot be connected:
   *     then the consumer is not registered
   */
  public void registerConsumer(IrqBypassConsumer consumer) {
    int token = consumer.token().id();
    if (consumers.containsKey(token)) {
      throw new KernelError(Errno.EBUSY, "a consumer has the eventfd already");
    }
    IrqBypassProducer producer = producers.get(token);
    if (producer != null) {
      connect(producer, consumer);
    }
    consumers.put(token, consumer);
  }

  /**
   * Takes a consumer away; nothing happens when it is not registered
   * (irq_bypass_unregister_consumer).
   */
  public void unregisterConsumer(IrqBypassConsumer consumer) {
    int token = consumer.token().id();
    if (!consumer.equals(consumers.get(token))) {
      return;
    }
    if (consumer.producer != null) {
      disconnect(consumer.producer, consumer);
    }
    consumers.remove(token);
  }

  private void connect(IrqBypassProducer producer, IrqBypassConsumer consumer) {
    stop(producer, consumer);
    try {
      producer.addConsumer(consumer);
      try {
        consumer.addProducer(producer);
      } catch (KernelError e) {
        producer.delConsumer(consumer);
        throw e;
      }
    } catch (KernelError e) {
      if (startAfterFailedConnect) {
        start(producer, consumer);
      }
      throw e;
    }
    start(producer, consumer);
    producer.consumer = consumer;
    consumer.producer = producer;
  }

  private void disconnect(IrqBypassProducer producer, IrqBypassConsumer consumer) {
    stop(producer, consumer);
    consumer.delProducer(producer);
    producer.delConsumer(consumer);
    start(producer, consumer);
    producer.consumer = null;
    consumer.producer = null;
  }

  private void stop(IrqBypassProducer producer, IrqBypassConsumer consumer) {
    stops++;
    producer.stop();
    consumer.stop();
  }

  private void start(IrqBypassProducer producer, IrqBypassConsumer consumer) {
    starts++;
    consumer.start();
    producer.start();
  }

  /** The producers, in the order in which their eventfds were made. */
  public Collection<IrqBypassProducer> producers() {
    return Collections.unmodifiableCollection(producers.values());
  }

  /** The consumers, in the order in which their eventfds were made. */
  public Collection<IrqBypassConsumer> consumers() {
    return Collections.unmodifiableCollection(consumers.values());
  }

  /** How many pairs are connected. */
  public int connected() {
    int connected = 0;
    for (IrqBypassProducer producer : producers.values()) {
      connected += producer.consumer == null ? 0 : 1;
    }
    return connected;
  }

  /** How many producers' remapping entries are in posted mode. */
  public int posted() {
    int posted = 0;
    for (IrqBypassProducer producer : producers.values()) {
      posted += producer.posting() ? 1 : 0;
    }
    return posted;
  }

  /** How often consumers were started since the host was made. */
  public long starts() {
    return starts;
  }

  /** How often consumers were stopped since the host was made. */
  public long stops() {
    return stops;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("starts", starts);
    out.number("stops", stops);
    producers.forEach((token, producer) -> out.child("producer", "EventFd#" + token, producer));
    consumers.forEach((token, consumer) -> out.child("consumer", "EventFd#" + token, consumer));
  }
}
