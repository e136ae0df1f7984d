package io.virtrig.emulator.kernel.vfio.ccw;

/** enum vfio_ccw_event. */
enum FsmEvent {
  NOT_OPER,
  IO_REQ,
  INTERRUPT,
  ASYNC_REQ,
  OPEN,
  CLOSE
}
