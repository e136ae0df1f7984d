package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.Vfio.VFIO_GROUP_FLAGS_CONTAINER_SET;
import static io.virtrig.uapi.Vfio.VFIO_GROUP_FLAGS_VIABLE;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioGroupGetDeviceFdResponse;
import io.virtrig.v1.VfioGroupGetStatusRequest;
import io.virtrig.v1.VfioGroupGetStatusResponse;
import io.virtrig.v1.VfioGroupSetContainerResponse;
import io.virtrig.v1.VfioGroupUnsetContainerResponse;
import io.virtrig.wire.Results;

/** An open {@code /dev/vfio/N} (vfio_group_fops). */
public final class VfioGroupFile extends OpenFile {
  /** sizeof(struct vfio_group_status). */
  private static final int STATUS_SIZE = 8;

  private final VfioGroup group;

  VfioGroupFile(VfioGroup group) {
    super(group.kernelIds());
    this.group = group;
  }

  /** The group. */
  public VfioGroup group() {
    return group;
  }

  @Override
  public Result ioctl(Task caller, Operation operation) {
    return switch (operation.getOpCase()) {
      case VFIO_GROUP_GET_STATUS -> getStatus(operation.getVfioGroupGetStatus());
      case VFIO_GROUP_SET_CONTAINER -> {
        group.setContainer(
            caller, caller.files().file((int) operation.getVfioGroupSetContainer().getValue()));
        yield Results.of(VfioGroupSetContainerResponse.getDefaultInstance());
      }
      case VFIO_GROUP_UNSET_CONTAINER -> {
        group.unsetContainer();
        yield Results.of(VfioGroupUnsetContainerResponse.getDefaultInstance());
      }
      case VFIO_GROUP_GET_DEVICE_FD -> {
        caller.files().reserve();
        int fd =
            caller.files().install(group.openDevice(operation.getVfioGroupGetDeviceFd().getName()));
        yield Results.of(VfioGroupGetDeviceFdResponse.newBuilder().setRet(fd));
      }
      default -> throw KernelError.notTty("a VFIO group");
    };
  }

  private Result getStatus(VfioGroupGetStatusRequest arg) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : STATUS_SIZE;
    Argsz.check(argsz, STATUS_SIZE);
    int flags = 0;
    if (group.container() != null) {
      flags = VFIO_GROUP_FLAGS_CONTAINER_SET | VFIO_GROUP_FLAGS_VIABLE;
    } else if (group.viable()) {
      flags = VFIO_GROUP_FLAGS_VIABLE;
    }
    return Results.of(VfioGroupGetStatusResponse.newBuilder().setArgsz(argsz).setFlags(flags));
  }

  @Override
  protected void release() {
    group.fileClosed();
  }

  @Override
  public void writeState(StateWriter out) {
    out.shared("group", group);
  }
}
