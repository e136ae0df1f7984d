package io.virtrig.emulator.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.v1.HostSpec;
import org.junit.jupiter.api.Test;

class VirtualClockTest {

  @Test
  void itAdvancesByWhatHappensAndCountsIt() {
    VirtualClock clock =
        new VirtualClock(
            CostModel.of(HostSpec.newBuilder().putCosts("posted_interrupt", 7).build()));
    clock.charge(Cost.POSTED_INTERRUPT);
    clock.charge(Cost.POSTED_INTERRUPT);
    clock.charge(Cost.KERNEL_EXIT);
    assertThat(clock.now()).isEqualTo(14 + Cost.KERNEL_EXIT.usual());
    assertThat(clock.count(Cost.POSTED_INTERRUPT)).isEqualTo(2);
    assertThat(clock.count(Cost.USER_EXIT)).isZero();
  }

  @Test
  void waitingCountsAsNothingButTime() {
    VirtualClock clock = new VirtualClock(CostModel.of(HostSpec.getDefaultInstance()));
    String before = StateHash.of(clock);
    clock.advance(3_000_000_000L);
    assertThat(clock.now()).isEqualTo(3_000_000_000L);
    assertThat(StateHash.of(clock)).isNotEqualTo(before);
    assertThatThrownBy(() -> clock.advance(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theTwoPathsOfAnInterruptDifferByHalfOfWhatAPingSaves() {
    long byEventfd =
        Cost.HOST_INTERRUPT.usual() + Cost.EVENTFD_WAKEUP.usual() + Cost.KERNEL_EXIT.usual();
    assertThat(byEventfd - Cost.POSTED_INTERRUPT.usual()).isEqualTo(50_000);
  }

  @Test
  void aCostThatNobodyKnowsIsRefused() {
    assertThatThrownBy(
            () -> CostModel.of(HostSpec.newBuilder().putCosts("coffee_break", 1).build()))
        .isInstanceOf(Refused.class)
        .hasMessageContaining("coffee_break");
    assertThatThrownBy(() -> CostModel.of(HostSpec.newBuilder().putCosts("user_exit", -1).build()))
        .isInstanceOf(Refused.class);
  }
}
