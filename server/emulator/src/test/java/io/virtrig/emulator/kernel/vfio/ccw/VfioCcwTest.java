package io.virtrig.emulator.kernel.vfio.ccw;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HwCompleteRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** vfio-ccw beyond what the shared cases show. */
class VfioCcwTest {
  private static final List<String> FAULTS =
      List.of(
          "ssch_cc1",
          "ssch_cc2",
          "ssch_cc3",
          "hsch_busy",
          "halt_lost",
          "halt_stuck",
          "clear_stuck",
          "msch_busy",
          "gone");

  /**
   * The kernel's table once more, as data: for each state what becomes of it and what a request is
   * answered.
   */
  private record Expected(String event, String errno, String state) {}

  @Test
  void everyEventInEveryStateThatCanBeReached() {
    for (String state : List.of("STANDBY", "IDLE", "CP_PENDING", "NOT_OPER")) {
      List<Expected> row =
          switch (state) {
            case "STANDBY" ->
                List.of(
                    new Expected("gone", "", "NOT_OPER"),
                    new Expected("interrupt", "", "STANDBY"),
                    new Expected("open", "", "IDLE"));
            case "IDLE" ->
                List.of(
                    new Expected("gone", "", "NOT_OPER"),
                    new Expected("io", "", "CP_PENDING"),
                    new Expected("async", "", "IDLE"),
                    new Expected("interrupt", "", "IDLE"),
                    new Expected("reset", "", "IDLE"),
                    new Expected("open", "", "IDLE"),
                    new Expected("close", "", "STANDBY"));
            case "CP_PENDING" ->
                List.of(
                    new Expected("gone", "", "NOT_OPER"),
                    new Expected("io", "EBUSY", "CP_PENDING"),
                    new Expected("async", "", "IDLE"),
                    new Expected("interrupt", "", "CP_PENDING"),
                    new Expected("complete", "", "IDLE"),
                    new Expected("reset", "", "IDLE"),
                    new Expected("open", "", "CP_PENDING"),
                    new Expected("close", "", "STANDBY"));
            default ->
                List.of(
                    new Expected("gone", "", "NOT_OPER"),
                    new Expected("io", "EIO", "NOT_OPER"),
                    new Expected("async", "EIO", "NOT_OPER"),
                    new Expected("interrupt", "", "NOT_OPER"),
                    new Expected("reset", "EINVAL", "NOT_OPER"),
                    new Expected("open", "EINVAL", "NOT_OPER"),
                    new Expected("close", "", "NOT_OPER"));
          };
      for (Expected expected : row) {
        try (CcwRig rig = new CcwRig()) {
          bring(rig, state);
          assertThat(rig.state().getState()).isEqualTo(state);
          Result result = rig.rig.apply(event(rig, expected.event));
          assertThat(result.getErrno().getName())
              .as("%s in %s", expected, state)
              .isEqualTo(expected.errno);
          assertThat(rig.state().getState())
              .as("%s in %s", expected, state)
              .isEqualTo(expected.state);
          boolean runs = rig.state().getState().equals("CP_PENDING");
          assertThat(rig.pins()).as("%s in %s", expected, state).isEqualTo(runs ? 1 : 0);
        }
      }
    }
  }

  private static void bring(CcwRig rig, String state) {
    rig.store(0x1000, "0100100000004000");
    if (!state.equals("STANDBY")) {
      rig.open();
    }
    if (state.equals("CP_PENDING")) {
      rig.startWrite();
    }
    if (state.equals("NOT_OPER")) {
      rig.fail("gone", 1);
    }
  }

  private static Operation.Builder event(CcwRig rig, String event) {
    return switch (event) {
      case "gone" ->
          Operation.newBuilder()
              .setHwFail(
                  io.virtrig.v1.HwFailRequest.newBuilder().setDevice("sch0").setKind("gone"));
      case "io" -> rig.starting(0x1000);
      case "async" -> rig.command(1);
      case "interrupt" ->
          Operation.newBuilder()
              .setHwUnsolicited(io.virtrig.v1.HwUnsolicitedRequest.newBuilder().setDevice("sch0"));
      case "complete" -> rig.completing(HwCompleteRequest.newBuilder());
      case "reset" -> rig.resetting();
      case "open" -> rig.opening();
      default ->
          Operation.newBuilder()
              .setClose(io.virtrig.v1.CloseRequest.newBuilder().setTargetFd(rig.device));
    };
  }

  /** The guest dies with a program running, whatever the device does: no page stays pinned. */
  @Test
  void aCrashLeavesNothingPinned() {
    for (String first : FAULTS) {
      for (String second : FAULTS) {
        try (CcwRig rig = new CcwRig().open()) {
          rig.startWrite();
          rig.fail(first, 3);
          rig.fail(second, 300);
          rig.rig.exit(1);
          assertThat(rig.pins()).as("%s, %s", first, second).isZero();
          assertThat(rig.state().getState()).isIn("STANDBY", "NOT_OPER");
        }
      }
    }
  }

  @Test
  void withoutTheFixesAResetOfAStuckDeviceHangs() {
    try (CcwRig rig = new CcwRig(false, DeviceSpec.newBuilder()).open()) {
      rig.startWrite();
      rig.fail("halt_stuck", 1);
      rig.fail("clear_stuck", 1000);
      assertThat(rig.rig.errno(rig.resetting())).isEqualTo("HANG");
      rig.fail("gone", 1);
      assertThat(rig.pins()).isZero();
    }
    try (CcwRig rig = new CcwRig().open()) {
      rig.startWrite();
      rig.fail("halt_stuck", 1);
      rig.fail("clear_stuck", 1000);
      assertThat(rig.rig.errno(rig.resetting())).isEqualTo("EINVAL");
      assertThat(rig.state().getTimeouts()).isEqualTo(256);
      assertThat(rig.pins()).isZero();
    }
  }

  @Test
  void withoutTheFixesACrashLeaksThePinnedPages() {
    CcwRig rig = new CcwRig(false, DeviceSpec.newBuilder()).open();
    rig.startWrite();
    rig.rig.exit(1);
    assertThat(rig.pins()).isEqualTo(1);
    assertThat(rig.rig.usedFrames()).isEqualTo(1);
    rig.rig.assertReplays();
  }

  @Test
  void whatIsWrittenReadsBack() {
    try (CcwRig rig = new CcwRig().open()) {
      rig.store(0x4000, "c0ffee");
      rig.store(0x1000, "01400003000040000200000400005ffe");
      rig.rig.ok(rig.starting(0x1000));
      assertThat(rig.pins()).isEqualTo(3);
      rig.rig.ok(rig.completing(HwCompleteRequest.newBuilder().setCount(1)));
      assertThat(HexFormat.of().formatHex(rig.load(0x5ffe, 4))).isEqualTo("c0ffee00");
      assertThat(rig.pread(28, 8)).isEqualTo("000010100c000001");
      assertThat(rig.rig.read(rig.io)).isEqualTo(1);
    }
  }

  @Test
  void anAutomaticDeviceIsDoneBeforeTheWriteReturns() {
    try (CcwRig rig = new CcwRig(true, DeviceSpec.newBuilder().setAuto(true)).open()) {
      rig.startWrite();
      assertThat(rig.state().getState()).isEqualTo("IDLE");
      assertThat(rig.rig.read(rig.io)).isEqualTo(1);
      assertThat(rig.pins()).isZero();
    }
  }

  @Test
  void limitsOfAProgram() {
    try (CcwRig rig = new CcwRig().open()) {
      rig.store(0x1000, "0360000100000000".repeat(255) + "0320000100000000");
      rig.rig.ok(rig.starting(0x1000));
      rig.rig.ok(rig.completing(HwCompleteRequest.newBuilder()));
      for (int chain = 0; chain < 17; chain++) {
        String next = HexFormat.of().toHexDigits(0x3000 + (chain + 1) * 0x100);
        rig.store(0x3000 + chain * 0x100L, "0360000100000000" + "08000000" + next);
      }
      rig.store(0x3000 + 15 * 0x100, "0320000100000000");
      rig.rig.ok(rig.starting(0x3000));
      rig.rig.ok(rig.completing(HwCompleteRequest.newBuilder()));
      rig.store(0x3000 + 15 * 0x100, "0360000100000000");
      rig.store(0x3000 + 16 * 0x100, "0320000100000000");
      assertThat(rig.rig.errno(rig.starting(0x3000))).isEqualTo("EINVAL");
      assertThat(rig.state().getState()).isEqualTo("IDLE");
    }
  }

  /** The first of two faults in a program decides, and what was pinned for it is not. */
  @Test
  void ofTwoErrorsTheEarlierStepDecides() {
    try (CcwRig rig = new CcwRig().open()) {
      // Counting comes before translation: IDA of an unsupported format behind an unmapped buffer.
      rig.store(0x1000, "01400010000800000104001000005000");
      String orb = "1122334400c0000000001000" + "000040000000000000000000";
      assertThat(rig.rig.errno(CcwRig.writing(rig.device, 0, orb))).isEqualTo("EOPNOTSUPP");
      // Transport mode comes before everything.
      String transport = "1122334400c60000000ff000" + "000040000000000000000000";
      assertThat(rig.rig.errno(CcwRig.writing(rig.device, 0, transport))).isEqualTo("EOPNOTSUPP");
      // Translation comes before SSCH: the fault stays armed.
      rig.fail("ssch_cc1", 1);
      rig.store(0x1000, "01400010000040000100001000080000");
      assertThat(rig.rig.errno(rig.starting(0x1000))).isEqualTo("EINVAL");
      assertThat(rig.pins()).isZero();
      rig.store(0x1000, "0100100000004000");
      assertThat(rig.rig.errno(rig.starting(0x1000))).isEqualTo("EBUSY");
      assertThat(rig.pins()).isZero();
    }
  }

  @Test
  void pathsGoAndCome() {
    try (CcwRig rig = new CcwRig(true, DeviceSpec.newBuilder().setPaths(0xc0)).open()) {
      int crw = rig.rig.eventfd(0);
      rig.trigger(1, crw);
      rig.path(0x20, "vary_off");
      rig.path(0x22, "offline");
      assertThat(rig.rig.read(crw)).isZero();
      rig.path(0x20, "online");
      rig.path(0x21, "offline");
      assertThat(rig.rig.read(crw)).isEqualTo(2);
      assertThat(rig.pread(0xc00, 8)).isEqualTo("0402002000000000");
      assertThat(rig.rig.read(crw)).isEqualTo(1);
      assertThat(rig.pread(0xc00, 8)).isEqualTo("0406002100000000");
      rig.startWrite();
      // The path that the program runs on is gone: it is cancelled, halted or cleared.
      rig.path(0x21, "vary_off");
      assertThat(rig.state().getState()).isEqualTo("IDLE");
      assertThat(rig.pins()).isZero();
      assertThat(rig.rig.errno(rig.starting(0x1000))).isEqualTo("ENODEV");
    }
  }

  @Test
  void anUnmapOfPinnedPagesResetsTheDeviceOnce() {
    try (CcwRig rig = new CcwRig().open()) {
      rig.startWrite();
      rig.rig.ok(rig.unmapping());
      assertThat(rig.state().getState()).isEqualTo("IDLE");
      assertThat(rig.pins()).isZero();
      assertThat(rig.state().getHsch()).isEqualTo(1);
      assertThat(rig.rig.errno(rig.starting(0x1000))).isEqualTo("EINVAL");
    }
  }
}
