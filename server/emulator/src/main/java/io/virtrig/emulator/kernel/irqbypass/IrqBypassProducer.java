package io.virtrig.emulator.kernel.irqbypass;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/**
 * A source of interrupts (struct irq_bypass_producer): a host interrupt that is forwarded to an
 * eventfd, with the remapping entry of that interrupt.
 *
 * <p>While the entry is in posted mode an interrupt of the device goes straight to a vCPU. Whoever
 * raises it asks first: {@code if (!producer.post()) trigger.signal();}
 */
public abstract class IrqBypassProducer implements Stateful {
  private final @Nullable EventFd token;
  private final String name;
  @Nullable IrqBypassConsumer consumer;
  private @Nullable PostedInterrupt posted;

  /**
   * A producer that is not registered.
   *
   * @param token the eventfd's context; null for none, which cannot be registered
   * @param name the host interrupt, for people: {@code "nic0 msix 3"}
   */
  protected IrqBypassProducer(@Nullable EventFd token, String name) {
    this.token = token;
    this.name = name;
  }

  /** What matches it with a consumer. */
  public final @Nullable EventFd token() {
    return token;
  }

  /** The host interrupt, for people. */
  public final String name() {
    return name;
  }

  /**
   * A consumer is being joined with it.
   *
   * @throws KernelError the connection fails
   */
  protected void addConsumer(IrqBypassConsumer consumer) {}

  /** Undoes {@link #addConsumer}. */
  protected void delConsumer(IrqBypassConsumer consumer) {}

  /** Interrupts must not be forwarded for a while. */
  protected void stop() {}

  /** Undoes {@link #stop}. */
  protected void start() {}

  /**
   * Sets the remapping entry of the host interrupt (irq_set_vcpu_affinity).
   *
   * @param target where interrupts are posted to; null for remapped mode, to the host's handler
   * @throws KernelError the entry cannot be set and is as before
   */
  public void setVcpuAffinity(@Nullable PostedInterrupt target) {
    posted = target;
  }

  /** Whether the remapping entry is in posted mode. */
  public final boolean posting() {
    return posted != null;
  }

  /**
   * The device raises the interrupt: it is posted if the remapping entry says so.
   *
   * @return false when it has to go to the host's handler
   */
  public final boolean post() {
    if (posted == null) {
      return false;
    }
    posted.deliver();
    return true;
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("interrupt", name);
    out.flag("connected", consumer != null);
    out.flag("posting", posted != null);
  }
}
