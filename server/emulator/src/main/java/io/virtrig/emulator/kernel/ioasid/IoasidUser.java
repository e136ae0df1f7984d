package io.virtrig.emulator.kernel.ioasid;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.ObjectIds;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.IoasidGetApiVersionResponse;
import io.virtrig.v1.IoasidGetInfoRequest;
import io.virtrig.v1.IoasidGetInfoResponse;
import io.virtrig.v1.IoasidRequestAllocRequest;
import io.virtrig.v1.IoasidRequestAllocResponse;
import io.virtrig.v1.IoasidRequestFreeResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.wire.Results;

/**
 * An open {@code /dev/ioasid} (drivers/iommu/ioasid_user.c of vSVA series v8): one a process, which
 * owns the process's set. As posted, freeing the last number ended the set; here it lives as long
 * as the file.
 */
public final class IoasidUser extends OpenFile {
  /** IOASID_BITS. */
  private static final int BITS = 31;

  /** sizeof(struct ioasid_info). */
  private static final int INFO_SIZE = 12;

  /** sizeof(struct ioasid_alloc_request). */
  private static final int ALLOC_SIZE = 16;

  private final Ioasids ioasids;
  private final int pid;
  private final IoasidSet set;

  private IoasidUser(ObjectIds ids, Ioasids ioasids, int pid) {
    super(ids);
    this.ioasids = ioasids;
    this.pid = pid;
    set = ioasids.newOpenSet(pid);
  }

  /** ioasid_user_open. EBUSY while the process has it open. */
  public static IoasidUser open(Task caller, ObjectIds ids, Ioasids ioasids) {
    if (ioasids.setOf(caller.pid()) != null) {
      throw new KernelError(
          Errno.EBUSY, "process " + caller.pid() + " has /dev/ioasid open already");
    }
    return new IoasidUser(ids, ioasids, caller.pid());
  }

  @Override
  public Result ioctl(Task caller, Operation operation) {
    return switch (operation.getOpCase()) {
      case IOASID_GET_API_VERSION -> Results.of(IoasidGetApiVersionResponse.getDefaultInstance());
      case IOASID_GET_INFO -> info(operation.getIoasidGetInfo());
      case IOASID_REQUEST_ALLOC -> allocate(operation.getIoasidRequestAlloc());
      case IOASID_REQUEST_FREE -> free(operation.getIoasidRequestFree().getValue());
      default -> throw KernelError.invalid("/dev/ioasid does not know this ioctl");
    };
  }

  private static Result info(IoasidGetInfoRequest arg) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : INFO_SIZE;
    requireStruct(argsz, INFO_SIZE, arg.getFlags());
    return Results.of(IoasidGetInfoResponse.newBuilder().setArgsz(argsz).setIoasidBits(BITS));
  }

  private Result allocate(IoasidRequestAllocRequest arg) {
    int min = arg.getRange().getMin();
    int max = arg.getRange().getMax();
    requireStruct(arg.hasArgsz() ? arg.getArgsz() : ALLOC_SIZE, ALLOC_SIZE, arg.getFlags());
    if (Integer.compareUnsigned(min, max) > 0) {
      throw KernelError.invalid(
          "range.min "
              + Integer.toUnsignedString(min)
              + " is above range.max "
              + Integer.toUnsignedString(max));
    }
    if (max < 0) {
      throw KernelError.invalid(
          "range.max " + Integer.toUnsignedString(max) + " needs more than " + BITS + " bits");
    }
    long number = set.allocate(min, max);
    if (number < 0) {
      throw KernelError.invalid("no number from " + min + " to " + max + " can be allocated");
    }
    return Results.of(IoasidRequestAllocResponse.newBuilder().setRet(number));
  }

  private Result free(int number) {
    if (number < 0) {
      throw KernelError.invalid("the number " + number + " is negative");
    }
    set.free(number, number);
    return Results.of(IoasidRequestFreeResponse.getDefaultInstance());
  }

  private static void requireStruct(int argsz, int least, int flags) {
    if (Integer.compareUnsigned(argsz, least) < 0) {
      throw KernelError.invalid("argsz " + Integer.toUnsignedString(argsz) + " is below " + least);
    }
    if (flags != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags));
    }
  }

  /** The numbers go, and what is bound to them. */
  @Override
  protected void release() {
    ioasids.removeSet(pid);
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("pid", pid);
    out.child("set", "", set);
  }
}
