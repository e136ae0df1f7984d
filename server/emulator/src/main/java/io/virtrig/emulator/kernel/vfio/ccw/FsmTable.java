package io.virtrig.emulator.kernel.vfio.ccw;

import static io.virtrig.emulator.kernel.vfio.ccw.FsmTable.Action.*;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** Which action an event has in a state: vfio_ccw_jumptable. */
final class FsmTable {

  /** The functions of the kernel's table, without their prefix {@code fsm_}. */
  enum Action {
    NOP,
    NOTOPER,
    IO_ERROR,
    IO_BUSY,
    IO_RETRY,
    IO_REQUEST,
    ASYNC_ERROR,
    ASYNC_RETRY,
    ASYNC_REQUEST,
    DISABLED_IRQ,
    IRQ,
    OPEN,
    CLOSE
  }

  private static final Map<FsmState, Map<FsmEvent, Action>> TABLE = new EnumMap<>(FsmState.class);

  static {
    // state: NOT_OPER, IO_REQ, ASYNC_REQ, INTERRUPT, OPEN, CLOSE
    row(FsmState.NOT_OPER, NOP, IO_ERROR, ASYNC_ERROR, DISABLED_IRQ, NOP, NOP);
    row(FsmState.STANDBY, NOTOPER, IO_ERROR, ASYNC_ERROR, DISABLED_IRQ, OPEN, NOTOPER);
    row(FsmState.IDLE, NOTOPER, IO_REQUEST, ASYNC_REQUEST, IRQ, NOTOPER, CLOSE);
    row(FsmState.CP_PROCESSING, NOTOPER, IO_RETRY, ASYNC_RETRY, IRQ, NOTOPER, CLOSE);
    row(FsmState.CP_PENDING, NOTOPER, IO_BUSY, ASYNC_REQUEST, IRQ, NOTOPER, CLOSE);
  }

  private FsmTable() {}

  private static void row(
      FsmState state,
      Action notOper,
      Action ioReq,
      Action asyncReq,
      Action interrupt,
      Action open,
      Action close) {
    EnumMap<FsmEvent, Action> row = new EnumMap<>(FsmEvent.class);
    row.put(FsmEvent.NOT_OPER, notOper);
    row.put(FsmEvent.IO_REQ, ioReq);
    row.put(FsmEvent.ASYNC_REQ, asyncReq);
    row.put(FsmEvent.INTERRUPT, interrupt);
    row.put(FsmEvent.OPEN, open);
    row.put(FsmEvent.CLOSE, close);
    TABLE.put(state, row);
  }

  static Action action(FsmState state, FsmEvent event) {
    Map<FsmEvent, Action> row = Objects.requireNonNull(TABLE.get(state), "a row a state");
    return Objects.requireNonNull(row.get(event), "an action an event");
  }
}
