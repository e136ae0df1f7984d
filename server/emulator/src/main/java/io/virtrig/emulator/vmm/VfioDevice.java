package io.virtrig.emulator.vmm;

import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceGetInfoRequest;
import io.virtrig.v1.VfioDeviceGetInfoResponse;
import io.virtrig.v1.VfioDeviceGetIrqInfoRequest;
import io.virtrig.v1.VfioDeviceGetIrqInfoResponse;
import io.virtrig.v1.VfioDeviceGetRegionInfoRequest;
import io.virtrig.v1.VfioDeviceGetRegionInfoResponse;
import io.virtrig.v1.VfioDeviceResetRequest;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioGroupGetDeviceFdRequest;

/** An open VFIO device of a VMM. */
public final class VfioDevice implements Stateful {
  private final Program program;
  private final String name;
  private final int fd;
  private final VfioDeviceGetInfoResponse info;

  /**
   * VFIO_GROUP_GET_DEVICE_FD and VFIO_DEVICE_GET_INFO.
   *
   * @param mediated a part of a function: what its own driver offers is not simulated and not asked
   */
  public VfioDevice(Program program, int group, String name, boolean mediated) {
    this.program = program;
    this.name = name;
    fd =
        (int)
            program
                .call(
                    Operation.newBuilder()
                        .setVfioGroupGetDeviceFd(
                            VfioGroupGetDeviceFdRequest.newBuilder()
                                .setPid(program.pid())
                                .setTargetFd(group)
                                .setName(name))
                        .build())
                .getVfioGroupGetDeviceFd()
                .getRet();
    try {
      info = mediated ? VfioDeviceGetInfoResponse.getDefaultInstance() : info();
    } catch (KernelError | Refused e) {
      program.close(fd);
      throw e;
    }
  }

  private VfioDeviceGetInfoResponse info() {
    return program
        .call(
            Operation.newBuilder()
                .setVfioDeviceGetInfo(
                    VfioDeviceGetInfoRequest.newBuilder().setPid(program.pid()).setTargetFd(fd))
                .build())
        .getVfioDeviceGetInfo();
  }

  /** Its name on the host. */
  public String name() {
    return name;
  }

  /** Its descriptor. */
  public int fd() {
    return fd;
  }

  /** Whether it is a PCI function, with a configuration space. */
  public boolean isPci() {
    return (info.getFlags() & VFIO_DEVICE_FLAGS_PCI) != 0;
  }

  /** VFIO_DEVICE_RESET, if it has one. */
  public void reset() {
    if ((info.getFlags() & VFIO_DEVICE_FLAGS_RESET) != 0) {
      var _ =
          program.attempt(
              Operation.newBuilder()
                  .setVfioDeviceReset(
                      VfioDeviceResetRequest.newBuilder().setPid(program.pid()).setTargetFd(fd))
                  .build());
    }
  }

  /** Where its configuration space begins. */
  public long configSpace() {
    return region(VFIO_PCI_CONFIG_REGION_INDEX).getOffset();
  }

  /** VFIO_DEVICE_GET_REGION_INFO. */
  public VfioDeviceGetRegionInfoResponse region(int index) {
    return program
        .call(
            Operation.newBuilder()
                .setVfioDeviceGetRegionInfo(
                    VfioDeviceGetRegionInfoRequest.newBuilder()
                        .setPid(program.pid())
                        .setTargetFd(fd)
                        .setIndex(index))
                .build())
        .getVfioDeviceGetRegionInfo();
  }

  /** VFIO_DEVICE_GET_IRQ_INFO. */
  public VfioDeviceGetIrqInfoResponse irqInfo(int index) {
    return program.call(irqInfoOf(index)).getVfioDeviceGetIrqInfo();
  }

  /** How many interrupts an index has; none when VFIO_DEVICE_GET_IRQ_INFO fails. */
  public int interrupts(int index) {
    return program.attempt(irqInfoOf(index)).getVfioDeviceGetIrqInfo().getCount();
  }

  private Operation irqInfoOf(int index) {
    return Operation.newBuilder()
        .setVfioDeviceGetIrqInfo(
            VfioDeviceGetIrqInfoRequest.newBuilder()
                .setPid(program.pid())
                .setTargetFd(fd)
                .setIndex(index))
        .build();
  }

  /** VFIO_DEVICE_SET_IRQS. */
  public Result setIrqs(VfioDeviceSetIrqsRequest.Builder request) {
    return program.attempt(
        Operation.newBuilder()
            .setVfioDeviceSetIrqs(request.setPid(program.pid()).setTargetFd(fd))
            .build());
  }

  /** Closes it; the kernel takes its interrupts down. */
  public void close() {
    program.close(fd);
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("name", name);
    out.number("fd", fd);
    out.hex("flags", info.getFlags());
  }
}
