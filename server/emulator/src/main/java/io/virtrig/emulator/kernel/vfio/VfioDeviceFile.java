package io.virtrig.emulator.kernel.vfio;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;

/** An open VFIO device (vfio_device_fops). */
final class VfioDeviceFile extends OpenFile {
  private final VfioDevice device;

  VfioDeviceFile(VfioDevice device) {
    super(device.group().kernelIds());
    this.device = device;
    device.open();
  }

  @Override
  public Result ioctl(Task caller, Operation operation) {
    return device.ioctl(caller, operation);
  }

  @Override
  public ByteString pread(Task caller, long offset, int length) {
    return device.pread(offset, length);
  }

  @Override
  public long pwrite(Task caller, long offset, ByteString bytes) {
    return device.pwrite(offset, bytes);
  }

  @Override
  public DeviceMemory mmap(Task caller, long offset, long length, int prot) {
    return device.mmap(offset, length, prot);
  }

  @Override
  protected void release() {
    device.close();
  }

  @Override
  public void writeState(StateWriter out) {
    out.shared("device", device);
  }
}
