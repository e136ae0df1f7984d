package io.virtrig.daemon.fairness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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

  /** Does something while two others have tasks on all processors, so that none runs at once. */
  private void whileAllAreBusy(Runnable then) {
    Executor one = shares.share();
    Executor two = shares.share();
    one.execute(() -> {});
    two.execute(() -> {});
    one.execute(() -> one.execute(() -> two.execute(() -> two.execute(then))));
  }

  @Test
  void whoIsAloneIsServedAtOnce() {
    for (int i = 0; i < 100; i++) {
      flood.execute(task("flood", 1_000_000));
    }
    assertThat(done).hasSize(100);
    // Somebody else, long after.
    now += APART;
    victim.execute(task("victim", 1_000_000));
    now += APART;
    victim.execute(task("victim", 1_000_000));
    assertThat(done).hasSize(102);
    assertThat(shares.step()).isFalse();
  }

  @Test
  void whoIsNextIsServedAtOnceWhenAProcessorIsFree() {
    victim.execute(task("victim", 0));
    flood.execute(
        () ->
            flood.execute(
                () ->
                    flood.execute(
                        () -> {
                          flood.execute(task("one too many", 1000));
                          victim.execute(task("victim", 1000));
                        })));
    assertThat(done).containsExactly("victim", "victim");
    assertThat(shares.step()).isTrue();
    assertThat(done).containsExactly("victim", "victim", "one too many");
  }

  @Test
  void whoHasUsedMoreWaitsThoughAProcessorIsFree() {
    victim.execute(task("victim", 0));
    flood.execute(task("flood", 50_000));
    whileAllAreBusy(() -> victim.execute(task("waits", 0)));
    flood.execute(task("flood", 0));
    assertThat(done).containsExactly("victim", "flood");
    assertThat(shares.step()).isTrue();
    assertThat(shares.step()).isTrue();
    assertThat(done).containsExactly("victim", "flood", "waits", "flood");
  }

  @Test
  void whoTakesLongDoesNotHoldUpWhatElseComesThere() {
    victim.execute(task("victim", 0));
    flood.execute(task("long", 200_000));
    flood.execute(task("next", 10));
    assertThat(done).containsExactly("victim", "long");
    assertThat(shares.step()).isTrue();
    flood.execute(task("short again", 10));
    assertThat(done).containsExactly("victim", "long", "next", "short again");
  }

  @Test
  void whoFloodsWaitsForItself() {
    whileAllAreBusy(
        () -> {
          for (int i = 0; i < 1000; i++) {
            flood.execute(task("flood", 1000));
          }
        });
    for (int i = 0; i < 10; i++) {
      int before = done.size();
      whileAllAreBusy(() -> victim.execute(task("victim", 1000)));
      while (!done.subList(before, done.size()).contains("victim")) {
        assertThat(shares.step()).isTrue();
      }
      assertThat(done.size() - before).as("served before it").isLessThanOrEqualTo(3);
    }
  }

  @Test
  void timeIsDividedAndNotTheNumberOfTasks() {
    whileAllAreBusy(
        () -> {
          for (int i = 0; i < 200; i++) {
            victim.execute(task("small", 1000));
            flood.execute(task("large", 10_000));
          }
        });
    for (int i = 0; i < 110; i++) {
      assertThat(shares.step()).isTrue();
    }
    long large = done.stream().filter("large"::equals).count();
    long small = done.stream().filter("small"::equals).count();
    assertThat(small).isBetween(large * 8, large * 12);
  }

  @Test
  void whoWasIdleHasNoCreditForIt() {
    whileAllAreBusy(
        () -> {
          for (int i = 0; i < 200; i++) {
            flood.execute(task("flood", 1000));
          }
        });
    for (int i = 0; i < 90; i++) {
      assertThat(shares.step()).isTrue();
    }
    done.clear();
    whileAllAreBusy(
        () -> {
          for (int i = 0; i < 100; i++) {
            victim.execute(task("victim", 1000));
          }
        });
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
      CountDownLatch holding = new CountDownLatch(2);
      CountDownLatch served = new CountDownLatch(1);
      CountDownLatch first = new CountDownLatch(2);
      blocking.execute(() -> {});
      other.execute(first::countDown);
      other.execute(first::countDown);
      assertThat(first.await(30, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 10; i++) {
        Runnable task =
            () -> {
              holding.countDown();
              try {
                end.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            };
        // It may run where it comes from.
        Thread.ofPlatform().daemon().start(() -> blocking.execute(task));
      }
      assertThat(holding.await(30, TimeUnit.SECONDS)).as("as many as it may").isTrue();
      other.execute(served::countDown);
      assertThat(served.await(30, TimeUnit.SECONDS)).isTrue();
      end.countDown();
    }
  }

  /** With real workers: no task is left behind, and no more run at a time than may. */
  @Test
  void whateverComesFromWhereverIsDoneOnce() throws Exception {
    int processors = 3;
    int tasks = 20_000;
    try (FairShares working = new FairShares(processors)) {
      AtomicInteger underWay = new AtomicInteger();
      AtomicInteger most = new AtomicInteger();
      List<AtomicInteger> counts = new ArrayList<>();
      CountDownLatch all = new CountDownLatch(5 * tasks);
      List<Executor> tenants = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        tenants.add(working.share());
        counts.add(new AtomicInteger());
      }
      for (int i = 0; i < 5; i++) {
        Executor tenant = tenants.get(i);
        AtomicInteger count = counts.get(i);
        Runnable task =
            () -> {
              most.accumulateAndGet(underWay.incrementAndGet(), Math::max);
              count.incrementAndGet();
              underWay.decrementAndGet();
              all.countDown();
            };
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  for (int j = 0; j < tasks; j++) {
                    tenant.execute(task);
                  }
                });
      }
      assertThat(all.await(60, TimeUnit.SECONDS)).as("%d left", all.getCount()).isTrue();
      assertThat(counts).allSatisfy(count -> assertThat(count).hasValue(tasks));
      // One may have begun before a second share was busy.
      assertThat(most.get()).isBetween(1, processors + 1);
    }
  }
}
