package io.virtrig.bench;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.LongAdder;

/** Runs lanes beside one another and counts what they do: a closed loop. */
final class Load {
  private static final Duration WARM_UP = Duration.ofSeconds(8);

  private final LongAdder done = new LongAdder();
  private volatile boolean running;

  /** Operations a second until the input ends. */
  double rateUntil(List<? extends Lane> lanes, InputStream input) throws IOException {
    running = true;
    lanes.forEach(lane -> lane.start(() -> running, done::add, new CountDownLatch(lanes.size())));
    long start = System.nanoTime();
    while (input.read() >= 0) {
      // What it says means nothing.
    }
    return done.sum() * 1e9 / (System.nanoTime() - start);
  }

  /** Operations a second over the duration, after a time to warm up. */
  double rate(List<? extends Lane> lanes, Duration duration) throws InterruptedException {
    running = true;
    CountDownLatch ended = new CountDownLatch(lanes.size());
    lanes.forEach(lane -> lane.start(() -> running, done::add, ended));
    Thread.sleep(WARM_UP);
    done.reset();
    long start = System.nanoTime();
    Thread.sleep(duration);
    double rate = done.sum() * 1e9 / (System.nanoTime() - start);
    running = false;
    ended.await();
    return rate;
  }
}
