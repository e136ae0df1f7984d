package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.Vfio.VFIO_API_VERSION;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioCheckExtensionResponse;
import io.virtrig.v1.VfioGetApiVersionResponse;
import io.virtrig.v1.VfioSetIommuResponse;
import io.virtrig.wire.Results;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A container: one open of {@code /dev/vfio/vfio} (struct vfio_container). It is empty, or has
 * groups, or has groups and an IOMMU back end. Its groups keep it alive when the file is closed;
 * the last one to leave takes the back end along.
 */
final class VfioContainer extends OpenFile {
  private final Kernel kernel;
  private final VfioMms mms;
  private final LostPins lost;
  private final List<VfioGroup> groups = new ArrayList<>(1);
  private @Nullable VfioIommuType1 backEnd;

  VfioContainer(Kernel kernel, VfioMms mms, LostPins lost) {
    super(kernel.ids());
    this.kernel = kernel;
    this.mms = mms;
    this.lost = lost;
  }

  @Nullable VfioIommuType1 backEnd() {
    return backEnd;
  }

  @Override
  public Result ioctl(Task caller, Operation operation) {
    return switch (operation.getOpCase()) {
      case VFIO_GET_API_VERSION ->
          Results.of(VfioGetApiVersionResponse.newBuilder().setRet(VFIO_API_VERSION));
      case VFIO_CHECK_EXTENSION -> checkExtension(operation.getVfioCheckExtension().getValue());
      case VFIO_SET_IOMMU -> setIommu(caller, operation.getVfioSetIommu().getValue());
      default -> {
        if (backEnd == null) {
          throw KernelError.invalid(
              "the container has no IOMMU back end: VFIO_SET_IOMMU comes first");
        }
        yield backEnd.ioctl(caller, operation);
      }
    };
  }

  private Result checkExtension(long extension) {
    int ret = VfioIommuType1.extension(extension, backEnd);
    return Results.of(VfioCheckExtensionResponse.newBuilder().setRet(ret));
  }

  private Result setIommu(Task caller, long type) {
    if (groups.isEmpty()) {
      throw KernelError.invalid("no group is attached to the container");
    }
    if (backEnd != null) {
      throw KernelError.invalid("the container has an IOMMU back end already");
    }
    if (VfioIommuType1.extension(type, null) == 0) {
      throw new KernelError(
          Errno.ENODEV, "no IOMMU back end claims type " + Long.toUnsignedString(type));
    }
    VfioIommuType1 chosen = VfioIommuType1.open(kernel, mms, lost, type);
    for (int attached = 0; attached < groups.size(); attached++) {
      try {
        chosen.groups().attach(caller, groups.get(attached));
      } catch (KernelError e) {
        for (VfioGroup group : groups.subList(0, attached).reversed()) {
          chosen.groups().detach(group);
        }
        throw e;
      }
    }
    backEnd = chosen;
    return Results.of(VfioSetIommuResponse.getDefaultInstance());
  }

  /** A group comes in; where a back end is chosen, it must take the group. */
  void attach(Task caller, VfioGroup group) {
    if (backEnd != null) {
      backEnd.groups().attach(caller, group);
    }
    groups.add(group);
  }

  /** A group leaves. */
  void detach(VfioGroup group) {
    if (backEnd != null) {
      backEnd.groups().detach(group);
    }
    groups.remove(group);
    if (groups.isEmpty()) {
      backEnd = null;
    }
  }

  @Override
  public void writeState(StateWriter out) {
    for (VfioGroup group : groups) {
      out.shared("group", group);
    }
    if (backEnd != null) {
      out.child("iommu", "", backEnd);
    }
  }
}
