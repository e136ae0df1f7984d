package io.virtrig.bench;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;

/** Runs lanes beside one another and counts what they do: a closed loop. */
final class Load {
  private final LongAdder done = new LongAdder();
  private CountDownLatch ended = new CountDownLatch(0);
  private long start;
  private volatile boolean running;

  /** Begins to count anew with lanes that are started. */
  void begin(List<? extends Lane> lanes) {
    running = true;
    ended = new CountDownLatch(lanes.size());
    count();
    lanes.forEach(lane -> lane.start(() -> running, done::add, ended));
  }

  private void count() {
    done.reset();
    start = System.nanoTime();
  }

  /** Operations a second since counting began; the lanes have ended when it returns. */
  double end() throws InterruptedException {
    double rate = done.sum() * 1e9 / (System.nanoTime() - start);
    running = false;
    ended.await();
    return rate;
  }

  /** Operations a second over the duration, once the lanes have run for the time before it. */
  double rate(List<? extends Lane> lanes, Duration before, Duration duration)
      throws InterruptedException {
    begin(lanes);
    Thread.sleep(before);
    count();
    Thread.sleep(duration);
    return end();
  }
}
