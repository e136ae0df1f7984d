package io.virtrig.emulator.vmm;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.intx.Kvmtool;
import io.virtrig.emulator.vmm.viommu.Qemu;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.GuestConfigReadRequest;
import io.virtrig.v1.GuestConfigReadResponse;
import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.GuestConfigWriteResponse;
import io.virtrig.v1.GuestVectorWriteRequest;
import io.virtrig.v1.GuestVectorWriteResponse;
import io.virtrig.v1.Result;
import io.virtrig.v1.VmmDevice;
import io.virtrig.v1.VmmDeviceAddRequest;
import io.virtrig.v1.VmmDeviceAddResponse;
import io.virtrig.v1.VmmDeviceDelRequest;
import io.virtrig.v1.VmmDeviceDelResponse;
import io.virtrig.v1.VmmFdsRequest;
import io.virtrig.v1.VmmFdsResponse;
import io.virtrig.v1.VmmMmioReadRequest;
import io.virtrig.v1.VmmMmioReadResponse;
import io.virtrig.v1.VmmMmioWriteRequest;
import io.virtrig.v1.VmmMmioWriteResponse;
import io.virtrig.v1.VmmResetRequest;
import io.virtrig.v1.VmmResetResponse;
import io.virtrig.v1.VmmStartRequest;
import io.virtrig.v1.VmmStartResponse;
import io.virtrig.v1.VmmStopRequest;
import io.virtrig.v1.VmmStopResponse;
import io.virtrig.wire.Results;
import java.util.TreeMap;

/** The VMMs of a host, each found by its process and the fd of its VM. */
public final class Vmms implements Stateful {
  /** Pieces of work, a system call or an access to memory each, that one operation may cost. */
  private static final long MOST_WORK = 200_000;

  private final HostDevices devices;
  private final SystemCallInterface kernel;
  private final EventLog events;
  private final CallLog calls = new CallLog();
  private final TreeMap<Long, Running> running = new TreeMap<>();

  /** No record: it refers to the host that it is a part of. */
  private static final class Running {
    final Program program;
    final Vmm vmm;

    Running(Program program, Vmm vmm) {
      this.program = program;
      this.vmm = vmm;
    }
  }

  /** A host without any. */
  public Vmms(HostConfiguration configuration, SystemCallInterface kernel, EventLog events) {
    devices = new HostDevices(configuration);
    this.kernel = kernel;
    this.events = events;
  }

  /** What they asked of the kernel. */
  public CallLog calls() {
    return calls;
  }

  private static long key(int pid, int fd) {
    return (long) (pid == 0 ? 1 : pid) << Integer.SIZE | Integer.toUnsignedLong(fd);
  }

  private Vmm vmm(int pid, int fd) {
    Running found = running.get(key(pid, fd));
    if (found == null) {
      throw Refused.notFound("target_fd", "no VMM has fd " + fd + " as its VM");
    }
    found.program.allow(MOST_WORK);
    var _ = found.vmm.takeCalls();
    return found.vmm;
  }

  /** vmm.start. */
  public Result start(VmmStartRequest arg) {
    int pid = arg.getPid() == 0 ? 1 : arg.getPid();
    Program program = new Program(pid, kernel, calls);
    program.allow(MOST_WORK);
    Vmm vmm =
        switch (arg.getModel()) {
          case "qemu-vsva-rfcv7", "qemu-vsva-rfcv9" -> Qemu.start(program, devices, events, arg);
          case "kvmtool-before", "kvmtool-v4" -> Kvmtool.start(program, devices, arg);
          default ->
              throw Refused.invalid(
                  "model",
                  "\""
                      + arg.getModel()
                      + "\" is none of [qemu-vsva-rfcv7, qemu-vsva-rfcv9, kvmtool-before,"
                      + " kvmtool-v4]");
        };
    running.put(key(pid, vmm.vmFd()), new Running(program, vmm));
    events.record(
        EventKind.EVENT_KIND_VMM,
        "pid " + pid,
        arg.getModel() + " has started VM fd " + vmm.vmFd());
    return Results.of(VmmStartResponse.newBuilder().setFd(vmm.vmFd()).addAllCalls(vmm.takeCalls()));
  }

  /** vmm.device_add. */
  public Result deviceAdd(VmmDeviceAddRequest arg) {
    Vmm vmm = vmm(arg.getPid(), arg.getTargetFd());
    vmm.deviceAdd(
        VmmDevice.newBuilder().setHost(arg.getHostDevice()).setGuestBdf(arg.getGuestBdf()).build());
    return Results.of(VmmDeviceAddResponse.newBuilder().addAllCalls(vmm.takeCalls()));
  }

  /** vmm.device_del. */
  public Result deviceDel(VmmDeviceDelRequest arg) {
    Vmm vmm = vmm(arg.getPid(), arg.getTargetFd());
    vmm.deviceDel(arg.getHostDevice());
    return Results.of(VmmDeviceDelResponse.newBuilder().addAllCalls(vmm.takeCalls()));
  }

  /** vmm.mmio_read. */
  public Result mmioRead(VmmMmioReadRequest arg) {
    long value =
        vmm(arg.getPid(), arg.getTargetFd()).mmioRead(arg.getOffset(), accessSize(arg.getSize()));
    return Results.of(VmmMmioReadResponse.newBuilder().setValue(value));
  }

  /** vmm.mmio_write. */
  public Result mmioWrite(VmmMmioWriteRequest arg) {
    Vmm vmm = vmm(arg.getPid(), arg.getTargetFd());
    vmm.mmioWrite(arg.getOffset(), accessSize(arg.getSize()), arg.getValue());
    return Results.of(VmmMmioWriteResponse.newBuilder().addAllCalls(vmm.takeCalls()));
  }

  private static int accessSize(int size) {
    if (size != Integer.BYTES && size != Long.BYTES) {
      throw Refused.invalid(
          "size", Integer.toUnsignedString(size) + " is neither 4 nor 8: the unit takes no other");
    }
    return size;
  }

  /** vmm.reset. */
  public Result reset(VmmResetRequest arg) {
    Vmm vmm = vmm(arg.getPid(), arg.getTargetFd());
    vmm.reset();
    return Results.of(VmmResetResponse.newBuilder().addAllCalls(vmm.takeCalls()));
  }

  /** vmm.stop. */
  public Result stop(VmmStopRequest arg) {
    vmm(arg.getPid(), arg.getTargetFd()).stop();
    running.remove(key(arg.getPid(), arg.getTargetFd()));
    return Results.of(VmmStopResponse.getDefaultInstance());
  }

  /** vmm.fds. */
  public Result fds(VmmFdsRequest arg) {
    int open = vmm(arg.getPid(), arg.getTargetFd()).openEventfds();
    return Results.of(VmmFdsResponse.newBuilder().setOpenEventfds(open));
  }

  /** guest.config_read. */
  public Result configRead(GuestConfigReadRequest arg) {
    Vmm vmm = vmm(arg.getPid(), arg.getTargetFd());
    ConfigAccess access = new ConfigAccess(arg.getOffset(), arg.getSize());
    int value = vmm.configRead(arg.getDevice(), access);
    return Results.of(GuestConfigReadResponse.newBuilder().setValue(value));
  }

  /** guest.config_write. */
  public Result configWrite(GuestConfigWriteRequest arg) {
    Vmm vmm = vmm(arg.getPid(), arg.getTargetFd());
    if (arg.getCapability().isEmpty()) {
      ConfigAccess access = new ConfigAccess(arg.getOffset(), arg.getSize());
      vmm.configWrite(arg.getDevice(), access, arg.getValue());
    } else {
      vmm.controlWrite(arg);
    }
    return Results.of(GuestConfigWriteResponse.newBuilder().addAllCalls(vmm.takeCalls()));
  }

  /** guest.vector_write. */
  public Result vectorWrite(GuestVectorWriteRequest arg) {
    Vmm vmm = vmm(arg.getPid(), arg.getTargetFd());
    vmm.vectorWrite(arg);
    return Results.of(GuestVectorWriteResponse.newBuilder().addAllCalls(vmm.takeCalls()));
  }

  /** A process has ended, and its VMM with it. */
  public void exited(int pid) {
    running.subMap(key(pid, 0), key(pid + 1, 0)).clear();
  }

  @Override
  public void writeState(StateWriter out) {
    running.forEach(
        (key, it) ->
            out.child("vmm", "pid " + (key >>> Integer.SIZE) + " fd " + key.intValue(), it.vmm));
  }
}
