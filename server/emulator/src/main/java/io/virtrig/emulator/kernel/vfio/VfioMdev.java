package io.virtrig.emulator.kernel.vfio;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;

/**
 * A mediated device (drivers/vfio/mdev). It can be had and does DMA; its registers and interrupts
 * would be those of a vendor's driver, and none is simulated.
 */
final class VfioMdev extends VfioDevice {
  private final AssignableInterface part;

  VfioMdev(Kernel kernel, VfioGroup group, AssignableInterface part) {
    super(kernel, group);
    this.part = part;
  }

  @Override
  public String name() {
    return part.name();
  }

  @Override
  protected boolean matches(String name) {
    return name.equals(part.name());
  }

  @Override
  protected void enable() {}

  @Override
  protected void disable() {}

  private static Refused noVendor() {
    return Refused.unimplemented("target_fd", "the driver of a mediated device is not simulated");
  }

  @Override
  protected Result ioctl(Task caller, Operation operation) {
    throw noVendor();
  }

  @Override
  protected ByteString pread(long offset, int length) {
    throw noVendor();
  }

  @Override
  protected long pwrite(long offset, ByteString bytes) {
    throw noVendor();
  }

  @Override
  protected DeviceMemory mmap(long offset, long length, int prot) {
    throw noVendor();
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("mdev", part.name());
  }
}
