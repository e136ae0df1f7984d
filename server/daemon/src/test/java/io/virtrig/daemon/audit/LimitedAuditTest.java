package io.virtrig.daemon.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LimitedAuditTest {
  private static final long SECOND = 1_000_000_000;

  private long now;
  private final List<Act> passed = new ArrayList<>();
  private final LimitedAudit audit = new LimitedAudit(passed::add, 3, () -> now);
  private final Act act = new Act("", "", null, "authenticate", "", "UNAUTHENTICATED");

  @Test
  void whatIsLeftOutIsCounted() {
    for (int i = 0; i < 100; i++) {
      audit.record(act);
    }
    assertThat(passed).containsExactly(act, act, act);
    now += SECOND;
    audit.record(act);
    audit.record(act);
    assertThat(passed).hasSize(5);
    assertThat(passed.get(3).outcome())
        .isEqualTo("UNAUTHENTICATED, and 97 more like it were not written down");
    assertThat(passed.get(4)).isEqualTo(act);
  }
}
