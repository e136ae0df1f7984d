package io.virtrig.emulator.kernel.vhost;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.vdpa.VdpaDevice;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.EventKind;

/** One node (struct vhost_vdpa): it opens once in the whole system. */
final class VhostVdpa implements Stateful {
  private final Kernel kernel;
  private final VdpaDevice device;
  private boolean opened;

  VhostVdpa(Kernel kernel, VdpaDevice device) {
    this.kernel = kernel;
    this.device = device;
    device.whenBroken(new Broken());
  }

  private final class Broken implements Runnable {
    @Override
    public void run() {
      record("VDPA_NEEDS_RESET", "needs a reset: " + device.problem());
    }
  }

  VdpaDevice device() {
    return device;
  }

  /** vhost_vdpa_open. */
  OpenFile open() {
    if (opened) {
      throw new KernelError(Errno.EBUSY, device.name() + " is open already");
    }
    if (!device.model().ownTranslations() && !kernel.machine().iommu().present()) {
      throw new KernelError(
          Errno.ENOTSUPP, device.name() + " needs an IOMMU, and the host has none");
    }
    opened = true;
    device.reset();
    record("VDPA_OPENED", "opened through vhost-vdpa");
    return new VhostVdpaFile(kernel, this);
  }

  void closed() {
    opened = false;
    record("VDPA_CLOSED", "closed and reset");
  }

  private void record(String variety, String detail) {
    kernel.events().record(EventKind.EVENT_KIND_DEVICE, variety, device::name, () -> detail);
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("opened", opened);
  }
}
