package io.virtrig.bench;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.virtrig.client.VirtrigClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/**
 * Full load for a long time: single calls and rings at once, and every minute what lives in the
 * daemon's heap.
 *
 * <p>Arguments: the daemon's address, its process number, minutes.
 */
public final class Soak {
  private static final int CALLS_IN_FLIGHT = 20;
  private static final int RINGS = 2;

  private Soak() {}

  /** Prints a row a minute. */
  public static void main(String[] arguments) throws Exception {
    long pid = Long.parseLong(arguments[1]);
    int minutes = Integer.parseInt(arguments[2]);
    ManagedChannel channel =
        Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create())
            .directExecutor()
            .build();
    try (VirtrigClient client = VirtrigClient.over(channel, VirtrigClient.DEFAULT_DEADLINE)) {
      Lanes lanes = new Lanes(client, channel, CALLS_IN_FLIGHT, RINGS);
      List<Lane> all = new ArrayList<>(lanes.unary());
      all.addAll(lanes.rings());
      AtomicBoolean running = new AtomicBoolean(true);
      LongAdder done = new LongAdder();
      CountDownLatch ended = new CountDownLatch(all.size());
      all.forEach(lane -> lane.start(running::get, done::add, ended));
      System.out.println("| minute | operations so far | live heap of the daemon, bytes |");
      System.out.println("| --- | --- | --- |");
      for (int minute = 1; minute <= minutes; minute++) {
        TimeUnit.MINUTES.sleep(1);
        System.out.printf(
            Locale.ROOT, "| %d | %,d | %,d |%n", minute, done.sum(), DaemonHeap.live(pid));
      }
      running.set(false);
      ended.await();
    }
  }
}
