package io.virtrig.emulator.kernel.vhost;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.vdpa.VdpaCallback;
import io.virtrig.emulator.hardware.vdpa.VdpaDevice;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.time.Cost;
import io.virtrig.v1.EventKind;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What vhost keeps of a virtqueue (struct vhost_virtqueue): its eventfds, and its interrupt as a
 * producer of the bypass manager. The producer's token is set apart from the context that is
 * signalled: a call that fails takes the token away and leaves the context.
 */
final class VhostVring implements Stateful {
  private final Kernel kernel;
  private final VdpaDevice device;
  private final int index;
  private final KickWaiter kickWaiter = new KickWaiter();
  private @Nullable EventFd kick;
  private @Nullable EventFd call;
  private @Nullable EventFd error;
  private @Nullable EventFd token;
  private @Nullable VdpaProducer producer;
  private int busyloopTimeout;

  VhostVring(Kernel kernel, VdpaDevice device, int index) {
    this.kernel = kernel;
    this.device = device;
    this.index = index;
  }

  /** Kicks the device, in the context of whoever signals: there is no worker. */
  private final class KickWaiter implements EventFd.Waiter {
    @Override
    public boolean signalled() {
      kickDevice();
      return false;
    }

    @Override
    public void hangup() {}
  }

  void kickDevice() {
    device.kick(index);
  }

  private void record(String variety, String detail) {
    kernel.events().record(EventKind.EVENT_KIND_DEVICE, variety, device::name, () -> detail);
  }

  /** The eventfd that kicks; one that is signalled already kicks at once (vhost_poll_start). */
  void kick(@Nullable EventFd eventfd) {
    if (Objects.equals(eventfd, kick)) {
      return;
    }
    if (kick != null) {
      kick.removeWaiter(kickWaiter);
    }
    kick = eventfd;
    if (eventfd != null) {
      eventfd.addWaiter(kickWaiter);
      if (eventfd.count() != 0) {
        kickDevice();
      }
    }
  }

  void error(@Nullable EventFd eventfd) {
    error = eventfd;
  }

  @Nullable EventFd call() {
    return call;
  }

  /** The producer is taken away, and its token, before the new context is looked at. */
  void clearToken() {
    if (call != null) {
      if (device.started()) {
        unsetupIrq();
      }
      token = null;
    }
  }

  /** The context is changed, and the device told. */
  void call(@Nullable EventFd eventfd) {
    call = eventfd;
    if (eventfd != null) {
      token = eventfd;
      device.queue(index).callback(new Interrupt());
      if (device.started()) {
        setupIrq();
      }
    } else {
      device.queue(index).callback(null);
    }
  }

  /** vhost_vdpa_virtqueue_cb: whatever context there is now. */
  private final class Interrupt implements VdpaCallback {
    @Override
    public void interrupt() {
      if (device.interrupts().byHost()) {
        kernel.clock().charge(Cost.HOST_INTERRUPT);
      }
      if (call != null) {
        call.signal();
      }
    }
  }

  /** vhost_vdpa_setup_vq_irq. */
  void setupIrq() {
    if (!device.interrupts().ofQueues() || call == null) {
      return;
    }
    VdpaProducer setUp = new VdpaProducer(device, index, token);
    try {
      kernel.irqBypass().registerProducer(setUp);
      producer = setUp;
      device.queue(index).remapping(setUp);
    } catch (KernelError e) {
      // Linux tells its log, and the queue works by its eventfd.
      record(
          "VDPA_BYPASS_REFUSED",
          "vq "
              + index
              + ", irq bypass producer registration fails: "
              + e.errno()
              + ", "
              + e.getMessage());
    }
  }

  /** vhost_vdpa_unsetup_vq_irq; nothing for a queue that was never set up. */
  void unsetupIrq() {
    if (producer != null) {
      kernel.irqBypass().unregisterProducer(producer);
      producer = null;
      device.queue(index).remapping(null);
    }
  }

  void busyloopTimeout(int microseconds) {
    busyloopTimeout = microseconds;
  }

  int busyloopTimeout() {
    return busyloopTimeout;
  }

  /** The file is closed: no context is left. */
  void release() {
    kick(null);
    call = null;
    error = null;
    token = null;
    device.queue(index).callback(null);
  }

  @Override
  public void writeState(StateWriter out) {
    if (kick != null) {
      out.shared("kick", kick);
    }
    if (call != null) {
      out.shared("call", call);
    }
    if (error != null) {
      out.shared("err", error);
    }
    out.flag("token", token != null);
    out.flag("producer", producer != null);
    out.number("busyloop_timeout", busyloopTimeout);
  }
}
