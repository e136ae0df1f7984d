package io.virtrig.emulator.vmm;

import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.VfioCheckExtensionRequest;
import io.virtrig.v1.VfioGetApiVersionRequest;
import io.virtrig.v1.VfioGroupGetStatusRequest;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioGroupUnsetContainerRequest;
import io.virtrig.v1.VfioIommuGetInfoRequest;
import io.virtrig.v1.VfioIommuGetInfoResponse;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioSetIommuRequest;
import io.virtrig.wire.Operations;

/** An open VFIO container of a VMM, and what it does to put groups into it. */
public final class VfioContainer implements Stateful {
  private static final int READ_WRITE = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;

  private final Program program;
  private final int fd;

  /** Opens it, and makes sure that it speaks the version it must. */
  public VfioContainer(Program program) {
    this.program = program;
    fd = program.open("/dev/vfio/vfio");
    try {
      checkVersion();
    } catch (KernelError | Refused e) {
      program.close(fd);
      throw e;
    }
  }

  private void checkVersion() {
    long version =
        program
            .call(
                Operations.of(
                    VfioGetApiVersionRequest.newBuilder().setPid(program.pid()).setTargetFd(fd)))
            .getVfioGetApiVersion()
            .getRet();
    if (version != VFIO_API_VERSION) {
      throw KernelError.invalid("VFIO has version " + version);
    }
  }

  /** Its descriptor. */
  public int fd() {
    return fd;
  }

  /** VFIO_CHECK_EXTENSION. */
  public boolean offers(int extension) {
    return program
            .call(
                Operations.of(
                    VfioCheckExtensionRequest.newBuilder()
                        .setPid(program.pid())
                        .setTargetFd(fd)
                        .setValue(extension)))
            .getVfioCheckExtension()
            .getRet()
        != 0;
  }

  /** Opens a group; it must be viable. */
  public static int openGroup(Program program, int number) {
    int group = program.open("/dev/vfio/" + number);
    try {
      int flags =
          program
              .call(
                  Operations.of(
                      VfioGroupGetStatusRequest.newBuilder()
                          .setPid(program.pid())
                          .setTargetFd(group)))
              .getVfioGroupGetStatus()
              .getFlags();
      if ((flags & VFIO_GROUP_FLAGS_VIABLE) == 0) {
        throw new KernelError(
            Errno.EINVAL,
            "group "
                + number
                + " is not viable: all devices of the group must be bound to their vfio driver");
      }
      return group;
    } catch (KernelError | Refused e) {
      program.close(group);
      throw e;
    }
  }

  /** VFIO_GROUP_SET_CONTAINER. */
  public void add(int group) {
    var _ =
        program.call(
            Operations.of(
                VfioGroupSetContainerRequest.newBuilder()
                    .setPid(program.pid())
                    .setTargetFd(group)
                    .setValue(fd)));
  }

  /** VFIO_GROUP_UNSET_CONTAINER, whose result nobody looks at. */
  public static void unset(Program program, int group) {
    var _ =
        program.attempt(
            Operations.of(
                VfioGroupUnsetContainerRequest.newBuilder()
                    .setPid(program.pid())
                    .setTargetFd(group)));
  }

  /** VFIO_SET_IOMMU. */
  public void setIommu(int type) {
    var _ =
        program.call(
            Operations.of(
                VfioSetIommuRequest.newBuilder()
                    .setPid(program.pid())
                    .setTargetFd(fd)
                    .setValue(type)));
  }

  /** VFIO_IOMMU_GET_INFO, again with room for the chain if there is one. */
  public VfioIommuGetInfoResponse info() {
    VfioIommuGetInfoResponse first = info(VfioIommuGetInfoRequest.newBuilder());
    return first.getArgsz() == 0 || first.getCapsCount() > 0
        ? first
        : info(VfioIommuGetInfoRequest.newBuilder().setArgsz(first.getArgsz()));
  }

  private VfioIommuGetInfoResponse info(VfioIommuGetInfoRequest.Builder request) {
    return program
        .call(Operations.of(request.setPid(program.pid()).setTargetFd(fd)))
        .getVfioIommuGetInfo();
  }

  /** VFIO_IOMMU_MAP_DMA of the guest's memory, by guest-physical address. */
  public void map(GuestMemory memory) {
    for (int i = 0; i < memory.banks(); i++) {
      GuestMemory.Bank bank = memory.bank(i);
      var _ =
          program.call(
              Operations.of(
                  VfioIommuMapDmaRequest.newBuilder()
                      .setPid(program.pid())
                      .setTargetFd(fd)
                      .setFlags(READ_WRITE)
                      .setVaddr(bank.address())
                      .setIova(bank.gpa())
                      .setSize(bank.size())));
    }
  }

  /** Closes it. */
  public void close() {
    program.close(fd);
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("fd", fd);
  }
}
