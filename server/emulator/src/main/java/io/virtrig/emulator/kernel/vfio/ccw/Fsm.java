package io.virtrig.emulator.kernel.vfio.ccw;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.css.Orb;
import io.virtrig.emulator.hardware.css.Scsw;
import io.virtrig.emulator.hardware.css.Subchannel;
import io.virtrig.emulator.hardware.css.SubchannelDriver.PathEvent;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.EventKind;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The driver's state machine (vfio_ccw_fsm.c) with the channel program and the two regions that it
 * works on. What the kernel leaves to its work queue is done when the lock is dropped.
 */
final class Fsm implements Stateful {
  private static final int SCSW_AREA = 12;
  private static final int IRB_AREA = 24;
  private static final int IO_RET_CODE = 120;
  private static final int ASYNC_RET_CODE = 4;

  /** The fctl byte of the SCSW: start, halt and clear function. */
  private static final int FCTL_BYTE = SCSW_AREA + 2;

  private static final int START_FUNCTION = 0x40;
  private static final int HALT_FUNCTION = 0x20;
  private static final int CLEAR_FUNCTION = 0x10;

  private static final int COMMAND_HSCH = 1;
  private static final int COMMAND_CSCH = 2;

  private final Kernel kernel;
  private final VfioCcwDevice device;
  private final Subchannel subchannel;
  private final Cio cio;
  private final Quiesce quiesce;
  private final byte[] io = new byte[CcwRegion.IO.size()];
  private final byte[] async = new byte[CcwRegion.ASYNC_CMD.size()];
  private FsmState state = FsmState.STANDBY;
  private @Nullable CcwProgram program;

  /** Paths that the driver takes as usable (sch->lpm), and those not varied off (sch->opm). */
  private int usablePaths;

  private int operatedPaths;

  Fsm(Kernel kernel, VfioCcwDevice device, Subchannel subchannel) {
    this.kernel = kernel;
    this.device = device;
    this.subchannel = subchannel;
    cio = new Cio(subchannel, kernel.clock());
    quiesce = new Quiesce(this, cio, kernel);
    usablePaths = subchannel.configuration().paths();
    operatedPaths = usablePaths;
  }

  FsmState state() {
    return state;
  }

  Quiesce quiesce() {
    return quiesce;
  }

  byte[] io() {
    return io;
  }

  byte[] async() {
    return async;
  }

  int ioRetCode() {
    return ByteBuffer.wrap(io).getInt(IO_RET_CODE);
  }

  int asyncRetCode() {
    return ByteBuffer.wrap(async).getInt(ASYNC_RET_CODE);
  }

  private void ioRetCode(@Nullable Errno errno) {
    ByteBuffer.wrap(io).putInt(IO_RET_CODE, errno == null ? 0 : -errno.number());
  }

  private void asyncRetCode(@Nullable Errno errno) {
    ByteBuffer.wrap(async).putInt(ASYNC_RET_CODE, errno == null ? 0 : -errno.number());
  }

  private void go(FsmState to) {
    state = to;
  }

  /** vfio_ccw_fsm_event. */
  void event(FsmEvent event) {
    switch (FsmTable.action(state, event)) {
      case NOP -> {}
      case NOTOPER -> notOperational();
      case IO_ERROR -> ioRetCode(Errno.EIO);
      case IO_BUSY -> ioRetCode(Errno.EBUSY);
      case IO_RETRY -> ioRetCode(Errno.EAGAIN);
      case IO_REQUEST -> ioRequest();
      case ASYNC_ERROR -> asyncRetCode(Errno.EIO);
      case ASYNC_RETRY -> asyncRetCode(Errno.EAGAIN);
      case ASYNC_REQUEST -> asyncRequest();
      case DISABLED_IRQ -> {
        subchannel.tsch();
        cio.disable();
      }
      case IRQ -> interrupted();
      case OPEN -> open();
      case CLOSE -> close();
    }
  }

  /** The lock is dropped: a pending interrupt comes now. True when one did. */
  boolean unlock() {
    boolean pending = subchannel.pending();
    if (pending) {
      event(FsmEvent.INTERRUPT);
    }
    return pending;
  }

  private void notOperational() {
    go(FsmState.NOT_OPER);
    freeProgram();
    device.notOperational();
  }

  private void freeProgram() {
    if (program != null) {
      program.free();
      program = null;
    }
  }

  /** fsm_io_request. */
  private void ioRequest() {
    go(FsmState.CP_PROCESSING);
    int function = io[FCTL_BYTE];
    Errno refused = null;
    if ((function & START_FUNCTION) != 0) {
      refused = start(GuestOrb.of(ByteBuffer.wrap(io)));
      ioRetCode(refused);
      if (refused == null) {
        go(FsmState.CP_PENDING);
        unlock();
        return;
      }
    } else if ((function & (HALT_FUNCTION | CLEAR_FUNCTION)) != 0) {
      ioRetCode(Errno.EOPNOTSUPP);
    }
    go(FsmState.IDLE);
  }

  private @Nullable Errno start(GuestOrb orb) {
    if (orb.transportMode()) {
      return Errno.EOPNOTSUPP;
    }
    if (program != null) {
      return Errno.EBUSY;
    }
    CcwProgram built;
    try {
      built = CcwProgram.of(kernel.machine().memory(), device.containerPins(), orb);
    } catch (KernelError e) {
      report("program_refused", "refused: " + e.getMessage());
      return e.errno();
    }
    Errno refused = startSubchannel(built, orb);
    if (refused != null) {
      built.free();
      return refused;
    }
    program = built;
    return null;
  }

  /** fsm_io_helper. */
  private @Nullable Errno startSubchannel(CcwProgram built, GuestOrb orb) {
    int lpm = orb.lpm() == 0 ? usablePaths : orb.lpm();
    int cc = subchannel.ssch(new Orb(lpm, orb.prefetch(), built.start(), built));
    report("ssch", "START SUBCHANNEL: condition code " + cc);
    if (cc == 3) {
      usablePaths = lpm == 0 ? 0 : usablePaths & ~lpm;
      return subchannel.there() && usablePaths != 0 ? Errno.EACCES : Errno.ENODEV;
    }
    return cc == 0 ? null : Errno.EBUSY;
  }

  /** fsm_async_request. */
  private void asyncRequest() {
    asyncRetCode(
        switch (ByteBuffer.wrap(async).getInt(0)) {
          case COMMAND_HSCH -> answer(subchannel.hsch());
          case COMMAND_CSCH -> answer(subchannel.csch());
          default -> Errno.EINVAL;
        });
    unlock();
  }

  private static @Nullable Errno answer(int cc) {
    return switch (cc) {
      case 0 -> null;
      case 3 -> Errno.ENODEV;
      default -> Errno.EBUSY;
    };
  }

  /** fsm_irq and vfio_ccw_sch_io_todo. */
  private void interrupted() {
    Scsw irb = subchannel.tsch();
    if (irb == null) {
      return;
    }
    boolean finished = false;
    if (irb.solicited()) {
      if (program != null) {
        irb = irb.withCpa(program.guestAddress(irb.cpa()));
      }
      if (irb.last() && state == FsmState.CP_PENDING) {
        freeProgram();
        finished = true;
      }
    }
    ByteBuffer area = ByteBuffer.wrap(io, IRB_AREA, Scsw.IRB_SIZE).slice();
    irb.put(area);
    while (area.hasRemaining()) {
      area.put((byte) 0);
    }
    if (finished) {
      go(FsmState.IDLE);
    }
    report("interrupt", irb.solicited() ? irb.last() ? "final" : "intermediate" : "unsolicited");
    device.ioTrigger().signal();
  }

  /** fsm_open. */
  private void open() {
    if (cio.enable() != null) {
      event(FsmEvent.NOT_OPER);
      return;
    }
    go(FsmState.IDLE);
  }

  /** fsm_close. */
  private void close() {
    Errno refused = subchannel.enabled() ? cio.disable() : Errno.ENODEV;
    if (refused == Errno.EBUSY) {
      refused = quiesce.run();
    }
    if (refused != null) {
      event(FsmEvent.NOT_OPER);
      return;
    }
    go(FsmState.STANDBY);
    freeProgram();
  }

  /**
   * vfio_ccw_mdev_reset: CLOSE and OPEN. Without the fixes the device is stopped and enabled again.
   */
  void reset() {
    if (quiesce.fixed()) {
      event(FsmEvent.CLOSE);
      event(FsmEvent.OPEN);
    } else if (state != FsmState.NOT_OPER) {
      if (quiesce.run() == null && cio.enable() == null) {
        go(FsmState.IDLE);
      } else {
        event(FsmEvent.NOT_OPER);
      }
    }
  }

  /** vfio_ccw_dma_unmap. */
  void dmaUnmap(long start, long last) {
    if (program != null && program.uses(start, last)) {
      report("unmap", "pinned pages are unmapped: the device is reset");
      reset();
      if (!quiesce.fixed()) {
        freeProgram();
      }
    }
  }

  /** vfio_ccw_chp_event, without the report word. */
  void path(int mask, PathEvent event) {
    switch (event) {
      case VARY_OFF -> {
        operatedPaths &= ~mask;
        usablePaths &= ~mask;
        stopOn(mask);
      }
      case OFFLINE -> stopOn(mask);
      case VARY_ON -> {
        operatedPaths |= mask;
        usablePaths |= mask;
      }
      case ONLINE -> usablePaths |= mask & operatedPaths;
    }
  }

  private void stopOn(int mask) {
    if ((subchannel.lastPath() & mask) != 0) {
      cio.new Stopping().cancelHaltClear();
      unlock();
    }
  }

  void report(String variety, String detail) {
    kernel
        .events()
        .record(EventKind.EVENT_KIND_DEVICE, "ccw_" + variety, subchannel::name, () -> detail);
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("state", state.name());
    out.hex("usable_paths", usablePaths);
    out.hex("operated_paths", operatedPaths);
    out.hex("io_region", StateHash.ofBytes(io));
    out.hex("async_region", ByteBuffer.wrap(async).getLong());
    out.number("timeouts", quiesce.timeouts());
    if (program != null) {
      out.child("program", "", program);
    }
  }
}
