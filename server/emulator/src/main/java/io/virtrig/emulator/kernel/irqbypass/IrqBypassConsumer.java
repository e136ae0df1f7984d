package io.virtrig.emulator.kernel.irqbypass;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/** A sink of interrupts (struct irq_bypass_consumer): what turns an eventfd into an interrupt. */
public abstract class IrqBypassConsumer implements Stateful {
  private final EventFd token;
  @Nullable IrqBypassProducer producer;

  /** A consumer that is not registered. */
  protected IrqBypassConsumer(EventFd token) {
    this.token = token;
  }

  /** What matches it with a producer. */
  public final EventFd token() {
    return token;
  }

  /** The sink, for people: {@code "VM 7, GSI 24"}. */
  protected abstract String name();

  /**
   * A producer is being joined with it.
   *
   * @throws KernelError the connection fails
   */
  protected abstract void addProducer(IrqBypassProducer producer);

  /** Undoes {@link #addProducer}. */
  protected abstract void delProducer(IrqBypassProducer producer);

  /** Interrupts must not be taken for a while. */
  protected void stop() {}

  /** Undoes {@link #stop}. */
  protected void start() {}

  @Override
  public void writeState(StateWriter out) {
    out.text("sink", name());
    out.flag("connected", producer != null);
  }
}
