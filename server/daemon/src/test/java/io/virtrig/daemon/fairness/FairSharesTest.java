package io.virtrig.daemon.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who is served first, counted by a clock that only tasks advance. */
class FairSharesTest {
  private static final long APART = 200_000_000;

  private long now = 1;
  private final FairShares shares = new FairShares(4, () -> now);
  private final Executor flood = shares.share();
  private final Executor victim = shares.share();
  private final List<String> done = new ArrayList<>();

  private Runnable task(String name, long nanos) {
    return () -> {
      done.add(name);
      now += nanos;
    };
  }

  @Test
  void whoIsAloneIsServedAtOnce() {
    for (int i = 0; i < 100; i++) {
      flood.execute(task("flood", 1000));
    }
    assertThat(done).hasSize(100);
    assertThat(shares.step()).isFalse();
    // Somebody else, long after.
    now += APART;
    victim.execute(task("victim", 1000));
    now += APART;
    victim.execute(task("victim", 1000));
    assertThat(shares.step()).as("the first may have waited").isTrue();
    assertThat(done).hasSize(102);
  }

  @Test
  void whoFloodsWaitsForItself() {
    flood.execute(task("flood", 0));
    for (int i = 0; i < 1000; i++) {
      victim.execute(task("warm", 0));
      flood.execute(task("flood", 1000));
    }
    while (shares.step()) {
      // Until both are idle.
    }
    done.clear();
    for (int i = 0; i < 1000; i++) {
      flood.execute(task("flood", 1000));
    }
    for (int i = 0; i < 10; i++) {
      int before = done.size();
      victim.execute(task("victim", 1000));
      while (!done.subList(before, done.size()).contains("victim")) {
        assertThat(shares.step()).isTrue();
      }
      assertThat(done.size() - before).as("served before it").isLessThanOrEqualTo(3);
    }
  }

  @Test
  void timeIsDividedAndNotTheNumberOfTasks() {
    flood.execute(task("flood", 0));
    for (int i = 0; i < 200; i++) {
      victim.execute(task("small", 1000));
      flood.execute(task("large", 10_000));
    }
    for (int i = 0; i < 110; i++) {
      assertThat(shares.step()).isTrue();
    }
    long large = done.stream().filter("large"::equals).count();
    long small = done.stream().filter("small"::equals).count();
    assertThat(small).isBetween(large * 8, large * 12);
  }

  @Test
  void whoWasIdleHasNoCreditForIt() {
    flood.execute(task("flood", 0));
    victim.execute(task("victim", 0));
    for (int i = 0; i < 100; i++) {
      flood.execute(task("flood", 1000));
    }
    for (int i = 0; i < 90; i++) {
      assertThat(shares.step()).isTrue();
    }
    done.clear();
    for (int i = 0; i < 100; i++) {
      victim.execute(task("victim", 1000));
    }
    for (int i = 0; i < 20; i++) {
      assertThat(shares.step()).isTrue();
    }
    assertThat(done.stream().filter("flood"::equals).count()).isGreaterThanOrEqualTo(8);
  }

  /** With real workers: one share blocks as many as it may, and another is served nevertheless. */
  @Test
  void aWorkerIsLeftForOthers() throws Exception {
    try (FairShares working = new FairShares(3)) {
      Executor blocking = working.share();
      Executor other = working.share();
      CountDownLatch end = new CountDownLatch(1);
      CountDownLatch served = new CountDownLatch(1);
      CountDownLatch first = new CountDownLatch(2);
      blocking.execute(() -> {});
      other.execute(first::countDown);
      other.execute(first::countDown);
      assertThat(first.await(30, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 10; i++) {
        blocking.execute(
            () -> {
              try {
                end.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
      }
      other.execute(served::countDown);
      assertThat(served.await(30, TimeUnit.SECONDS)).isTrue();
      end.countDown();
    }
  }
}
