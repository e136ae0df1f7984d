package io.virtrig.emulator.kernel.vfio.pci;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.VfioDevice;
import io.virtrig.emulator.kernel.vfio.VfioGroup;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;

/** A PCI function bound to vfio-pci (struct vfio_pci_core_device). */
public final class VfioPciDevice extends VfioDevice {
  private final PciFunction function;

  /** A function of a group. */
  public VfioPciDevice(Kernel kernel, VfioGroup group, PciFunction function) {
    super(kernel, group);
    this.function = function;
  }

  @Override
  public String name() {
    return function.name();
  }

  @Override
  protected boolean matches(String name) {
    return name.equals(function.name()) || name.equals(function.configuration().bdf().toString());
  }

  @Override
  protected void enable() {}

  @Override
  protected void disable() {}

  @Override
  protected Result ioctl(Task caller, Operation operation) {
    throw Refused.unimplemented("", "vfio-pci is not simulated yet");
  }

  @Override
  protected ByteString pread(long offset, int length) {
    throw Refused.unimplemented("", "vfio-pci is not simulated yet");
  }

  @Override
  protected long pwrite(long offset, ByteString bytes) {
    throw Refused.unimplemented("", "vfio-pci is not simulated yet");
  }

  @Override
  protected DeviceMemory mmap(long offset, long length, int prot) {
    throw Refused.unimplemented("", "vfio-pci is not simulated yet");
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("function", function.name());
  }
}
