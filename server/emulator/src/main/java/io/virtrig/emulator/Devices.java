package io.virtrig.emulator;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.ioasid.IoasidUser;
import io.virtrig.emulator.kernel.kvm.Kvm;
import io.virtrig.emulator.kernel.kvm.SevFile;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.Vfio;
import io.virtrig.emulator.kernel.vhost.Vhost;
import io.virtrig.emulator.spec.Arch;
import io.virtrig.emulator.spec.UapiProfile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/** The device nodes of a host: what open(2) finds under {@code /dev}. */
final class Devices implements Stateful {
  private static final String VFIO_GROUP = "/dev/vfio/";
  private static final String VHOST_VDPA = "/dev/vhost-vdpa-";

  private final Kernel kernel;
  private final Vfio vfio;
  private final Vhost vhost;

  Devices(Kernel kernel) {
    this.kernel = kernel;
    vfio = new Vfio(kernel);
    vhost = new Vhost(kernel);
  }

  Vfio vfio() {
    return vfio;
  }

  /** Opens a path. ENOENT, EBUSY. */
  OpenFile open(Task caller, String path) {
    if (path.equals("/dev/vfio/vfio")) {
      return vfio.openContainer();
    }
    if (path.startsWith(VFIO_GROUP)) {
      return vfio.openGroup(path.substring(VFIO_GROUP.length()));
    }
    if (path.equals("/dev/kvm")) {
      if (kernel.configuration().arch() == Arch.S390X) {
        throw Refused.unimplemented("path", "virtual machines of s390x are not simulated yet");
      }
      return new Kvm(kernel);
    }
    if (path.equals("/dev/sev") && kernel.configuration().spec().getKernel().getSev()) {
      return new SevFile(kernel);
    }
    if (path.startsWith(VHOST_VDPA)) {
      return vhost.open(path.substring(VHOST_VDPA.length()));
    }
    if (path.equals("/dev/ioasid") && kernel.configuration().uapi() == UapiProfile.VSVA_V8) {
      return IoasidUser.open(caller, kernel.ids(), kernel.iommu().ioasids());
    }
    throw new KernelError(Errno.ENOENT, "there is no " + path);
  }

  @Override
  public void writeState(StateWriter out) {
    vfio.writeState(out);
    vhost.writeState(out);
  }
}
