package io.virtrig.emulator.kernel.vfio.ccw;

/** enum vfio_ccw_state. */
enum FsmState {
  /** The device is gone, or cannot be used: for ever. */
  NOT_OPER,
  /** Nobody has opened it. */
  STANDBY,
  /** It is open, and no program runs. */
  IDLE,
  /** A request is being looked at. */
  CP_PROCESSING,
  /** A program runs. */
  CP_PENDING
}
