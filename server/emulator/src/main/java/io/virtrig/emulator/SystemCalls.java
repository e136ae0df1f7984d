package io.virtrig.emulator;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.Vfio;
import io.virtrig.emulator.kernel.vhost.VhostIotlbMsg;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.CloseResponse;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.EventfdResponse;
import io.virtrig.v1.ExitResponse;
import io.virtrig.v1.HostPinnedPagesRequest;
import io.virtrig.v1.HostPinnedPagesResponse;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.LoadResponse;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.MmapResponse;
import io.virtrig.v1.MunmapRequest;
import io.virtrig.v1.MunmapResponse;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.OpenResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PreadRequest;
import io.virtrig.v1.PreadResponse;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.ProcessResponse;
import io.virtrig.v1.PwriteRequest;
import io.virtrig.v1.PwriteResponse;
import io.virtrig.v1.ReadRequest;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.StoreResponse;
import io.virtrig.v1.WriteRequest;
import io.virtrig.v1.WriteResponse;
import io.virtrig.wire.Results;
import java.util.List;
import java.util.TreeMap;

/**
 * The processes of a host and the system calls they make. Ioctls go to the open file behind their
 * descriptor.
 */
final class SystemCalls implements Stateful {
  /** Processes a host may have: a limit of the simulator. */
  private static final int MOST_PROCESSES = 32768;

  private final Kernel kernel;
  private final Devices devices;
  private final TreeMap<Integer, Task> processes = new TreeMap<>();
  private int lastPid;

  SystemCalls(Kernel kernel) {
    this.kernel = kernel;
    devices = new Devices(kernel);
  }

  Result process(ProcessRequest arg) {
    if (processes.size() == MOST_PROCESSES) {
      throw Refused.exhausted("", "at most " + MOST_PROCESSES + " processes a host");
    }
    int pid = ++lastPid;
    long rlimitMemlock = arg.hasRlimitMemlock() ? arg.getRlimitMemlock() : Task.UNLIMITED;
    boolean capIpcLock = !arg.hasCapIpcLock() || arg.getCapIpcLock();
    processes.put(
        pid,
        new Task(pid, rlimitMemlock, capIpcLock, kernel.machine().memory(), kernel.mappings()));
    return Results.of(ProcessResponse.newBuilder().setPid(pid));
  }

  Result exit(int pid) {
    Task process = process(pid);
    process.exit();
    processes.remove(process.pid());
    kernel
        .events()
        .record(
            EventKind.EVENT_KIND_PROCESS_EXIT,
            "pid " + process.pid(),
            "all of its files are closed");
    return Results.of(ExitResponse.getDefaultInstance());
  }

  Result open(OpenRequest arg) {
    Task caller = process(arg.getPid());
    caller.files().reserve();
    int fd = caller.files().install(devices.open(caller, arg.getPath()));
    return Results.of(OpenResponse.newBuilder().setRet(fd));
  }

  Result close(CloseRequest arg) {
    process(arg.getPid()).close(arg.getTargetFd());
    return Results.of(CloseResponse.getDefaultInstance());
  }

  Result eventfd(EventfdRequest arg) {
    Task caller = process(arg.getPid());
    caller.files().reserve();
    int fd =
        caller
            .files()
            .install(
                new EventFdFile(kernel.ids(), arg.getInitval(), arg.getFlags(), kernel.eventfds()));
    return Results.of(EventfdResponse.newBuilder().setRet(fd));
  }

  Result read(ReadRequest arg) {
    Task caller = process(arg.getPid());
    long length = arg.hasLength() ? arg.getLength() : Long.BYTES;
    return Results.of(caller.files().file(arg.getTargetFd()).read(caller, length));
  }

  Result write(WriteRequest arg) {
    Task caller = process(arg.getPid());
    ByteString bytes = arg.hasRaw() ? arg.getRaw() : arg.getBytes();
    if (arg.hasIotlb()) {
      bytes = VhostIotlbMsg.bytes(arg);
    }
    long written = caller.files().file(arg.getTargetFd()).write(caller, arg.getValue(), bytes);
    return Results.of(WriteResponse.newBuilder().setRet(written));
  }

  Result mmap(MmapRequest arg) {
    return Results.of(MmapResponse.newBuilder().setRet(process(arg.getPid()).mmap(arg)));
  }

  Result munmap(MunmapRequest arg) {
    process(arg.getPid()).munmap(arg.getAddr(), arg.getLength());
    return Results.of(MunmapResponse.getDefaultInstance());
  }

  Result store(StoreRequest arg) {
    process(arg.getPid()).store(arg.getAddr(), arg.getBytes());
    return Results.of(StoreResponse.getDefaultInstance());
  }

  Result load(LoadRequest arg) {
    ByteString bytes = process(arg.getPid()).load(arg.getAddr(), arg.getLength());
    return Results.of(LoadResponse.newBuilder().setBytes(bytes));
  }

  Result pread(PreadRequest arg) {
    Task caller = process(arg.getPid());
    OpenFile file = caller.files().file(arg.getTargetFd());
    ByteString bytes =
        file.pread(caller, arg.getOffset(), Task.moveable("length", arg.getLength()));
    return Results.of(PreadResponse.newBuilder().setRet(bytes.size()).setBytes(bytes));
  }

  Result pwrite(PwriteRequest arg) {
    Task caller = process(arg.getPid());
    Task.moveable("bytes", arg.getBytes().size());
    long written =
        caller.files().file(arg.getTargetFd()).pwrite(caller, arg.getOffset(), arg.getBytes());
    return Results.of(PwriteResponse.newBuilder().setRet(written));
  }

  /** Ioctls, and the acts of a guest: its VM's file answers them. */
  Result ioctl(Operation operation, int pid, int fd) {
    Task caller = process(pid);
    return caller.files().file(fd).ioctl(caller, operation);
  }

  /** host.pinned_pages. */
  Result pinnedPages(HostPinnedPagesRequest arg) {
    long pages;
    if (arg.hasProcess()) {
      pages = devices.vfio().pinnedPages(process(arg.getProcess()).pid());
    } else if (arg.hasTargetFd()) {
      pages = Vfio.pinnedPages(process(arg.getPid()).files().file(arg.getTargetFd()));
      if (pages < 0) {
        throw Refused.invalid("target_fd", "fd " + arg.getTargetFd() + " is no VFIO container");
      }
    } else {
      pages = devices.vfio().pinnedPages();
    }
    return Results.of(HostPinnedPagesResponse.newBuilder().setPages(pages));
  }

  private Task process(int pid) {
    Task process = processes.get(pid == 0 ? 1 : pid);
    if (process == null) {
      throw Refused.notFound("pid", "there is no process " + Integer.toUnsignedString(pid));
    }
    return process;
  }

  /** Every process exits, lowest number first; one that never gets through is left behind. */
  void exitAll() {
    for (Task process : List.copyOf(processes.values())) {
      try {
        exit(process.pid());
      } catch (KernelError e) {
        kernel
            .events()
            .record(
                EventKind.EVENT_KIND_PROCESS_EXIT,
                "pid " + process.pid(),
                "never ends: " + e.getMessage());
      }
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("last_pid", lastPid);
    processes.forEach((pid, process) -> out.child("process", pid.toString(), process));
    out.child("devices", "", devices);
  }
}
