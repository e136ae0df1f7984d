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
import io.virtrig.wire.Operations;

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
                    Operations.of(
                        VfioGroupGetDeviceFdRequest.newBuilder()
                            .setPid(program.pid())
                            .setTargetFd(group)
                            .setName(name)))
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
            Operations.of(
                VfioDeviceGetInfoRequest.newBuilder().setPid(program.pid()).setTargetFd(fd)))
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
              Operations.of(
                  VfioDeviceResetRequest.newBuilder().setPid(program.pid()).setTargetFd(fd)));
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
            Operations.of(
                VfioDeviceGetRegionInfoRequest.newBuilder()
                    .setPid(program.pid())
                    .setTargetFd(fd)
                    .setIndex(index)))
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
    return Operations.of(
        VfioDeviceGetIrqInfoRequest.newBuilder()
            .setPid(program.pid())
            .setTargetFd(fd)
            .setIndex(index));
  }

  /** VFIO_DEVICE_SET_IRQS. */
  public Result setIrqs(VfioDeviceSetIrqsRequest.Builder request) {
    return program.attempt(Operations.of(request.setPid(program.pid()).setTargetFd(fd)));
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
