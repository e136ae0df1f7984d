package io.virtrig.emulator.kernel.vhost;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.vdpa.VdpaDevice;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.ArrayList;
import java.util.List;

/** The nodes {@code /dev/vhost-vdpa-N}, one for each vDPA device of the host. */
public final class Vhost implements Stateful {
  private final List<VhostVdpa> nodes = new ArrayList<>();

  /** The nodes of a host. */
  public Vhost(Kernel kernel) {
    for (VdpaDevice device : kernel.machine().vdpaDevices()) {
      nodes.add(new VhostVdpa(kernel, device));
    }
  }

  /**
   * Opens a node.
   *
   * @param number what follows {@code /dev/vhost-vdpa-}
   * @throws KernelError ENOENT where there is no such node; EBUSY while it is open
   */
  public OpenFile open(String number) {
    for (int i = 0; i < nodes.size(); i++) {
      if (number.equals(Integer.toString(i))) {
        return nodes.get(i).open();
      }
    }
    throw new KernelError(Errno.ENOENT, "there are " + nodes.size() + " vDPA devices");
  }

  @Override
  public void writeState(StateWriter out) {
    for (VhostVdpa node : nodes) {
      out.child("vhost_vdpa", node.device().name(), node);
    }
  }
}
