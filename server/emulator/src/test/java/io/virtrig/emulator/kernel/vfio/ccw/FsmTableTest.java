package io.virtrig.emulator.kernel.vfio.ccw;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.kernel.vfio.ccw.FsmTable.Action;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Every state and every event, against the rules that the table stands for. */
class FsmTableTest {
  private static final Set<FsmState> CLOSED = EnumSet.of(FsmState.NOT_OPER, FsmState.STANDBY);

  @Test
  void everyStateHasTheActionThatTheRulesGiveEveryEvent() {
    for (FsmState state : FsmState.values()) {
      for (FsmEvent event : FsmEvent.values()) {
        assertThat(FsmTable.action(state, event))
            .as("%s in %s", event, state)
            .isEqualTo(by(state, event));
      }
    }
  }

  private static Action by(FsmState state, FsmEvent event) {
    return switch (event) {
      case NOT_OPER -> state == FsmState.NOT_OPER ? Action.NOP : Action.NOTOPER;
      case IO_REQ -> io(state);
      case ASYNC_REQ -> async(state);
      case INTERRUPT -> CLOSED.contains(state) ? Action.DISABLED_IRQ : Action.IRQ;
      // Only a device that is there and closed opens; the others lose it.
      case OPEN ->
          switch (state) {
            case NOT_OPER -> Action.NOP;
            case STANDBY -> Action.OPEN;
            default -> Action.NOTOPER;
          };
      case CLOSE ->
          switch (state) {
            case NOT_OPER -> Action.NOP;
            case STANDBY -> Action.NOTOPER;
            default -> Action.CLOSE;
          };
    };
  }

  /** One program at a time: while it is translated the caller tries again, while it runs not. */
  private static Action io(FsmState state) {
    if (CLOSED.contains(state)) {
      return Action.IO_ERROR;
    }
    return switch (state) {
      case CP_PROCESSING -> Action.IO_RETRY;
      case CP_PENDING -> Action.IO_BUSY;
      default -> Action.IO_REQUEST;
    };
  }

  /** Halt and clear are for a program that runs, too. */
  private static Action async(FsmState state) {
    if (CLOSED.contains(state)) {
      return Action.ASYNC_ERROR;
    }
    return state == FsmState.CP_PROCESSING ? Action.ASYNC_RETRY : Action.ASYNC_REQUEST;
  }
}
