package io.virtrig.emulator.vmm;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.MunmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PreadRequest;
import io.virtrig.v1.PwriteRequest;
import io.virtrig.v1.ReadRequest;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import io.virtrig.wire.Operations;

/** The process in which a VMM runs: its system calls, and its memory. */
public final class Program {
  private final int pid;
  private final SystemCallInterface kernel;
  private final CallLog log;
  private long work;

  Program(int pid, SystemCallInterface kernel, CallLog log) {
    this.pid = pid;
    this.kernel = kernel;
    this.log = log;
  }

  /** Its process's number. */
  public int pid() {
    return pid;
  }

  /** What it may do before it must answer again: a limit of the simulator. */
  void allow(long most) {
    work = most;
  }

  /** Counts a piece of work. */
  public void spend(long pieces) {
    work -= pieces;
    if (work < 0) {
      throw Refused.exhausted(
          "", "the guest keeps its VMM busy for longer than one operation may last");
    }
  }

  /** Makes a system call whose errno the VMM looks at. */
  public Result attempt(Operation operation) {
    spend(1);
    Result result = kernel.call(operation);
    log.record(operation, result);
    if (result.hasRefusal()) {
      throw refused(result.getRefusal());
    }
    return result;
  }

  /** Makes a system call whose failure is the VMM's. */
  public Result call(Operation operation) {
    Result result = attempt(operation);
    if (result.hasErrno()) {
      throw new KernelError(
          Errno.valueOf(result.getErrno().getName()),
          result.getErrno().getOperation() + ": " + result.getErrno().getCheck());
    }
    return result;
  }

  private static Refused refused(Refusal refusal) {
    String reason = refusal.getOperation() + ": " + refusal.getReason();
    return switch (refusal.getCode()) {
      case CODE_NOT_FOUND -> Refused.notFound("", reason);
      case CODE_UNIMPLEMENTED -> Refused.unimplemented("", reason);
      case CODE_RESOURCE_EXHAUSTED -> Refused.exhausted("", reason);
      case CODE_CANCELLED -> Refused.cancelled(reason);
      default -> Refused.invalid("", reason);
    };
  }

  /** What the VM does, until it leaves to the VMM: no system call of its own. */
  public Result run(Operation operation) {
    Result result = kernel.call(operation);
    if (result.hasRefusal()) {
      throw refused(result.getRefusal());
    }
    return result;
  }

  /** open(2). */
  public int open(String path) {
    OpenRequest.Builder request = OpenRequest.newBuilder().setPid(pid).setPath(path);
    return (int) call(Operations.of(request)).getOpen().getRet();
  }

  /** close(2), whose result nobody looks at. */
  public void close(int fd) {
    CloseRequest.Builder request = CloseRequest.newBuilder().setPid(pid).setTargetFd(fd);
    attempt(Operations.of(request));
  }

  /** eventfd2(2). */
  public int eventfd() {
    EventfdRequest.Builder request = EventfdRequest.newBuilder().setPid(pid);
    return (int) call(Operations.of(request)).getEventfd().getRet();
  }

  /**
   * read(2) of an eventfd when the main loop finds it readable; otherwise no call is made.
   *
   * @return whether it has been signalled
   */
  public boolean drain(int fd) {
    spend(1);
    ReadRequest.Builder request = ReadRequest.newBuilder().setPid(pid).setTargetFd(fd);
    Operation operation = Operations.of(request);
    Result result = kernel.call(operation);
    if (!result.hasRead()) {
      return false;
    }
    log.record(operation, result);
    return true;
  }

  /** mmap(2) of anonymous memory. */
  public long mmap(long length) {
    MmapRequest.Builder request = MmapRequest.newBuilder().setPid(pid).setLength(length);
    return call(Operations.of(request)).getMmap().getRet();
  }

  /** munmap(2), whose result nobody looks at. */
  public void munmap(long address, long length) {
    MunmapRequest.Builder request =
        MunmapRequest.newBuilder().setPid(pid).setAddr(address).setLength(length);
    attempt(Operations.of(request));
  }

  /** pread(2) of so many bytes. */
  public ByteString pread(int fd, long offset, int length) {
    PreadRequest.Builder request =
        PreadRequest.newBuilder().setPid(pid).setTargetFd(fd).setOffset(offset).setLength(length);
    return call(Operations.of(request)).getPread().getBytes();
  }

  /** pwrite(2), whose result nobody looks at. */
  public void pwrite(int fd, long offset, ByteString bytes) {
    PwriteRequest.Builder request =
        PwriteRequest.newBuilder().setPid(pid).setTargetFd(fd).setOffset(offset).setBytes(bytes);
    attempt(Operations.of(request));
  }

  /** exit(2). */
  public void exit() {
    attempt(Operations.of(ExitRequest.newBuilder().setPid(pid)));
  }

  /** Reads its own memory. */
  public ByteString load(long address, int length) {
    spend(1);
    LoadRequest.Builder request =
        LoadRequest.newBuilder().setPid(pid).setAddr(address).setLength(length);
    return accessed(kernel.call(Operations.of(request))).getLoad().getBytes();
  }

  /** Writes its own memory. */
  public void store(long address, ByteString bytes) {
    spend(1);
    StoreRequest.Builder request =
        StoreRequest.newBuilder().setPid(pid).setAddr(address).setBytes(bytes);
    var _ = accessed(kernel.call(Operations.of(request)));
  }

  /** Somebody else may have unmapped the memory under it: SIGSEGV. */
  private static Result accessed(Result result) {
    if (result.hasErrno()) {
      throw KernelError.fault("the VMM's memory is gone: " + result.getErrno().getCheck());
    }
    if (result.hasRefusal()) {
      throw refused(result.getRefusal());
    }
    return result;
  }
}
