package io.virtrig.emulator.hardware.vdpa;

import static io.virtrig.uapi.Virtio.VIRTIO_CONFIG_S_FAILED;

import io.virtrig.emulator.hardware.vdpa.VdpaModel.Interrupts;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/**
 * How a device's interrupts reach whoever drives it: by one vector a queue, by shared ones, or
 * without any (ifcvf_request_irq, vp_vdpa_request_irq).
 */
public final class VdpaInterrupts implements Stateful {
  static final int FAILED = VIRTIO_CONFIG_S_FAILED;

  private final Interrupts kind;
  private final Virtqueue[] queues;
  private final int possible;
  private int granted;
  private @Nullable VdpaCallback configCallback;
  private int failingVectors;
  private int failingAffinities;
  private int failingConnects;

  VdpaInterrupts(Interrupts kind, Virtqueue[] queues, int possible) {
    this.kind = kind;
    this.queues = queues;
    this.possible = possible;
  }

  /** The device starts; false when it cannot without vectors. */
  boolean allocate() {
    int wanted = queues.length + 1;
    return switch (kind) {
      case NONE -> true;
      case SHARED_WHEN_SHORT -> {
        granted = Math.min(wanted, possible());
        yield granted > 0;
      }
      case ALL_OR_NONE -> {
        granted = possible() >= wanted ? wanted : 0;
        yield true;
      }
    };
  }

  private int possible() {
    if (failingVectors == 0) {
      return possible;
    }
    failingVectors--;
    return 0;
  }

  void reset(boolean dropConfigCallback) {
    granted = 0;
    if (dropConfigCallback) {
      configCallback = null;
    }
  }

  /** Whether interrupts are handled by the host; otherwise the device is a program itself. */
  public boolean byHost() {
    return kind != Interrupts.NONE;
  }

  /** get_vq_irq: each queue has an interrupt of its own now. */
  public boolean ofQueues() {
    return granted == queues.length + 1;
  }

  /** A queue's interrupt: posted where its remapping entry says so, else by the callback. */
  public void queue(int index) {
    if (kind == Interrupts.NONE) {
      call(queues[index].callback());
    } else if (ofQueues()) {
      RemappingEntry entry = queues[index].remapping();
      if (entry == null || !entry.post()) {
        call(queues[index].callback());
      }
    } else if (granted > 0) {
      allQueues();
    }
  }

  /** The shared handler does not ask which queue it was. */
  private void allQueues() {
    for (Virtqueue queue : queues) {
      call(queue.callback());
    }
  }

  /** The configuration has changed. A single vector is the queues' too. */
  public void config() {
    if (byHost() && granted == 0) {
      return;
    }
    call(configCallback);
    if (granted == 1 && !ofQueues()) {
      allQueues();
    }
  }

  private static void call(@Nullable VdpaCallback callback) {
    if (callback != null) {
      callback.interrupt();
    }
  }

  /** set_config_cb. */
  public void configCallback(@Nullable VdpaCallback does) {
    configCallback = does;
  }

  /** The next requests for vectors give none. */
  public void failVectors(int count) {
    failingVectors = count;
  }

  /** The next switches of a remapping entry to posted fail. */
  public void failAffinities(int count) {
    failingAffinities = count;
  }

  /** Whether a switch fails; one failure fewer is left. */
  public boolean takeAffinityFailure() {
    if (failingAffinities == 0) {
      return false;
    }
    failingAffinities--;
    return true;
  }

  /** The next connects of its interrupts with a consumer fail. */
  public void failConnects(int count) {
    failingConnects = count;
  }

  /** Whether a connect fails; one failure fewer is left. */
  public boolean takeConnectFailure() {
    if (failingConnects == 0) {
      return false;
    }
    failingConnects--;
    return true;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("vectors", granted);
    out.flag("config_callback", configCallback != null);
    out.number("failing_vectors", failingVectors);
    out.number("failing_affinities", failingAffinities);
    out.number("failing_connects", failingConnects);
  }
}
