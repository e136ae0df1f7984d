package io.virtrig.emulator.kernel.vfio.ccw;

import static io.virtrig.uapi.Vfio.*;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.css.Subchannel;
import io.virtrig.emulator.hardware.css.SubchannelDriver;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.Argsz;
import io.virtrig.emulator.kernel.vfio.EmulatedPins;
import io.virtrig.emulator.kernel.vfio.IrqSet;
import io.virtrig.emulator.kernel.vfio.VfioDevice;
import io.virtrig.emulator.kernel.vfio.VfioGroup;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceGetInfoRequest;
import io.virtrig.v1.VfioDeviceGetInfoResponse;
import io.virtrig.v1.VfioDeviceGetIrqInfoRequest;
import io.virtrig.v1.VfioDeviceGetIrqInfoResponse;
import io.virtrig.v1.VfioDeviceResetResponse;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioDeviceSetIrqsResponse;
import io.virtrig.wire.Results;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** The mediated device on a subchannel (vfio_ccw_ops.c, vfio_ccw_drv.c; Linux 6.1). */
public final class VfioCcwDevice extends VfioDevice implements SubchannelDriver {
  /** sizeof(struct vfio_device_info) up to {@code num_irqs}. */
  private static final int INFO_SIZE = 16;

  /** sizeof(struct vfio_irq_info). */
  private static final int IRQ_INFO_SIZE = 16;

  private static final int RSC_CHANNEL_PATH = 4;
  private static final int ERC_AVAILABLE = 2;
  private static final int ERC_PERMANENT_ERROR = 6;

  /** Channel report words kept: a limit of the simulator; the kernel drops those beyond memory. */
  private static final int MOST_REPORTS = 4096;

  private final Subchannel subchannel;
  private final Fsm fsm;
  private final CcwTrigger[] triggers = {new CcwTrigger(), new CcwTrigger(), new CcwTrigger()};
  private final ArrayDeque<Integer> reports = new ArrayDeque<>(0);

  /** The driver has given the device up: it goes when nobody has it open. */
  private boolean unregistering;

  /** A subchannel's device. A QDIO subchannel's is refused by the driver, and never found. */
  public VfioCcwDevice(Kernel kernel, VfioGroup group, Subchannel subchannel) {
    super(kernel, group);
    this.subchannel = subchannel;
    fsm = new Fsm(kernel, this, subchannel);
    subchannel.bind(this);
  }

  @Override
  public String name() {
    return subchannel.name();
  }

  @Override
  protected boolean matches(String name) {
    return !subchannel.configuration().qdio() && subchannel.name().equals(name);
  }

  EmulatedPins containerPins() {
    return pins();
  }

  CcwTrigger ioTrigger() {
    return triggers[VFIO_CCW_IO_IRQ_INDEX];
  }

  /** SCH_TODO_UNREG: whoever has the device is asked to close it. */
  void notOperational() {
    fsm.report("not_operational", "the device is not operational");
    unregistering = true;
    triggers[VFIO_CCW_REQ_IRQ_INDEX].signal();
    if (files() == 0) {
      group().unregister(this);
    }
  }

  @Override
  public void interrupt() {
    fsm.event(FsmEvent.INTERRUPT);
  }

  @Override
  public void machineCheck() {
    fsm.event(FsmEvent.NOT_OPER);
  }

  @Override
  public void path(int mask, int chpid, PathEvent event) {
    fsm.path(mask, event);
    switch (event) {
      case OFFLINE -> report(ERC_PERMANENT_ERROR, chpid);
      case ONLINE -> report(ERC_AVAILABLE, chpid);
      case VARY_OFF, VARY_ON -> {}
    }
  }

  /** vfio_ccw_queue_crw. */
  private void report(int errorRecovery, int chpid) {
    if (reports.size() < MOST_REPORTS) {
      reports.addLast(RSC_CHANNEL_PATH << 24 | errorRecovery << 16 | chpid);
      triggers[VFIO_CCW_CRW_IRQ_INDEX].signal();
    }
  }

  @Override
  public String state() {
    return fsm.state().name();
  }

  @Override
  public long timeouts() {
    return fsm.quiesce().timeouts();
  }

  /** vfio_ccw_mdev_open_device. Without the fixes only the first open does anything. */
  @Override
  protected void enable() {
    reopen();
    if (fsm.quiesce().fixed() || fsm.state() == FsmState.STANDBY) {
      fsm.event(FsmEvent.OPEN);
    }
    reopen();
  }

  @Override
  protected void reopen() {
    if (fsm.state() == FsmState.NOT_OPER) {
      throw KernelError.invalid("the device is not operational");
    }
  }

  /** vfio_ccw_mdev_close_device. Without the fixes the device is left as it is. */
  @Override
  protected void disable() {
    if (fsm.quiesce().fixed()) {
      fsm.event(FsmEvent.CLOSE);
    }
    if (unregistering) {
      group().unregister(this);
    }
  }

  @Override
  protected void dmaUnmap(long start, long last) {
    fsm.dmaUnmap(start, last);
  }

  @Override
  protected Result ioctl(Task caller, Operation operation) {
    return switch (operation.getOpCase()) {
      case VFIO_DEVICE_GET_INFO -> info(operation.getVfioDeviceGetInfo());
      case VFIO_DEVICE_GET_REGION_INFO -> CcwRegion.info(operation.getVfioDeviceGetRegionInfo());
      case VFIO_DEVICE_GET_IRQ_INFO -> irqInfo(operation.getVfioDeviceGetIrqInfo());
      case VFIO_DEVICE_SET_IRQS -> setIrqs(caller, operation.getVfioDeviceSetIrqs());
      case VFIO_DEVICE_RESET -> {
        fsm.reset();
        if (fsm.state() == FsmState.NOT_OPER) {
          throw KernelError.invalid("the device is not operational");
        }
        yield Results.of(VfioDeviceResetResponse.getDefaultInstance());
      }
      default -> throw KernelError.notTty("a channel device");
    };
  }

  private static Result info(VfioDeviceGetInfoRequest arg) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : INFO_SIZE + 4;
    Argsz.check(argsz, INFO_SIZE);
    return Results.of(
        VfioDeviceGetInfoResponse.newBuilder()
            .setArgsz(argsz)
            .setFlags(VFIO_DEVICE_FLAGS_CCW | VFIO_DEVICE_FLAGS_RESET)
            .setNumRegions(CcwRegion.values().length)
            .setNumIrqs(VFIO_CCW_NUM_IRQS));
  }

  private static Result irqInfo(VfioDeviceGetIrqInfoRequest arg) {
    int argsz = arg.hasArgsz() ? arg.getArgsz() : IRQ_INFO_SIZE;
    int index = arg.getIndex();
    Argsz.check(argsz, IRQ_INFO_SIZE);
    if (Integer.compareUnsigned(index, VFIO_CCW_NUM_IRQS) >= 0) {
      throw KernelError.invalid(
          "interrupt index "
              + Integer.toUnsignedString(index)
              + " is not below "
              + VFIO_CCW_NUM_IRQS);
    }
    return Results.of(
        VfioDeviceGetIrqInfoResponse.newBuilder()
            .setArgsz(argsz)
            .setIndex(index)
            .setCount(1)
            .setFlags(VFIO_IRQ_INFO_EVENTFD));
  }

  private Result setIrqs(Task caller, VfioDeviceSetIrqsRequest arg) {
    IrqSet set = IrqSet.of(arg, VFIO_CCW_NUM_IRQS, index -> 1);
    CcwTrigger trigger = triggers[set.index()];
    trigger.set(caller, set, arg);
    boolean named = set.kind() == VFIO_IRQ_SET_DATA_EVENTFD && trigger.isSet();
    if (named && unregistering && set.index() == VFIO_CCW_REQ_IRQ_INDEX) {
      // Whoever has the device is asked again and again.
      trigger.signal();
    }
    return Results.of(VfioDeviceSetIrqsResponse.getDefaultInstance());
  }

  @Override
  protected ByteString pread(long offset, int length) {
    CcwRegion region = CcwRegion.at(offset);
    int position = region.position(offset, length);
    byte[] bytes =
        switch (region) {
          case IO -> fsm.io();
          case ASYNC_CMD -> fsm.async();
          case SCHIB -> schib();
          case CRW -> nextReport();
        };
    return ByteString.copyFrom(bytes, position, length);
  }

  private byte[] schib() {
    if (!subchannel.there()) {
      throw new KernelError(Errno.ENODEV, "STORE SUBCHANNEL: the subchannel is gone");
    }
    return subchannel.schib();
  }

  /** vfio_ccw_crw_region_read: takes the oldest report. */
  private byte[] nextReport() {
    Integer report = reports.pollFirst();
    if (!reports.isEmpty()) {
      triggers[VFIO_CCW_CRW_IRQ_INDEX].signal();
    }
    ByteBuffer out = ByteBuffer.allocate(CcwRegion.CRW.size());
    out.putInt(report == null ? 0 : report);
    return out.array();
  }

  /** Whatever part of a region is written, the write is a request. */
  @Override
  protected long pwrite(long offset, ByteString bytes) {
    CcwRegion region = CcwRegion.at(offset);
    int position = region.position(offset, bytes.size());
    return switch (region) {
      case IO -> {
        bytes.copyTo(fsm.io(), position);
        fsm.event(FsmEvent.IO_REQ);
        yield answer(fsm.ioRetCode(), bytes.size());
      }
      case ASYNC_CMD -> {
        bytes.copyTo(fsm.async(), position);
        fsm.event(FsmEvent.ASYNC_REQ);
        yield answer(fsm.asyncRetCode(), bytes.size());
      }
      case SCHIB, CRW -> throw KernelError.invalid("the region can only be read");
    };
  }

  /** What a write returns: the region's code, unless it is 0. */
  private long answer(int code, int written) {
    if (code >= 0) {
      return code == 0 ? written : code;
    }
    for (Errno errno : Errno.values()) {
      if (errno.number() == -code) {
        throw new KernelError(errno, "ret_code is " + code + " in state " + fsm.state());
      }
    }
    throw Refused.unimplemented("bytes", "ret_code " + code + " is no errno of the vocabulary");
  }

  @Override
  protected DeviceMemory mmap(long offset, long length, int prot) {
    throw KernelError.invalid("a channel device has no region that can be mapped");
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("subchannel", subchannel.name());
    out.flag("unregistering", unregistering);
    out.child("fsm", "", fsm);
    triggers[VFIO_CCW_IO_IRQ_INDEX].writeState(out, "io_trigger");
    triggers[VFIO_CCW_CRW_IRQ_INDEX].writeState(out, "crw_trigger");
    triggers[VFIO_CCW_REQ_IRQ_INDEX].writeState(out, "req_trigger");
    for (int report : reports) {
      out.hex("report", report);
    }
  }
}
