package io.virtrig.bench;

import io.virtrig.client.VirtrigClient;
import io.virtrig.v1.HostSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Scanner;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Fills a daemon with idle hosts: how fast they are made over gRPC, and what each costs in heap.
 *
 * <p>Arguments: the daemon's address, its process number, how many hosts. Heap is what a class
 * histogram of live objects adds up to, before and after.
 */
public final class HostDensity {
  private static final int CALLERS = 16;

  private HostDensity() {}

  /** Prints one row: hosts, hosts a second, bytes of heap a host. */
  public static void main(String[] arguments) throws Exception {
    String target = arguments[0];
    long pid = Long.parseLong(arguments[1]);
    int hosts = Integer.parseInt(arguments[2]);
    try (VirtrigClient client = VirtrigClient.connect(target)) {
      create(client, "warm-up", 1000);
      long heapBefore = liveHeap(pid);
      long start = System.nanoTime();
      create(client, "idle", hosts);
      double seconds = (System.nanoTime() - start) / 1e9;
      long perHost = (liveHeap(pid) - heapBefore) / hosts;
      System.out.printf(
          Locale.ROOT,
          "| %,d idle hosts | %,.0f created a second | %,d bytes of heap each |%n",
          hosts,
          hosts / seconds,
          perHost);
    }
  }

  private static void create(VirtrigClient client, String prefix, int hosts) throws Exception {
    try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
      List<Callable<Void>> calls = new ArrayList<>();
      for (int caller = 0; caller < CALLERS; caller++) {
        int first = caller;
        calls.add(
            () -> {
              for (int i = first; i < hosts; i += CALLERS) {
                client.createHost(prefix + "-" + i, HostSpec.getDefaultInstance());
              }
              return null;
            });
      }
      for (Future<Void> call : callers.invokeAll(calls)) {
        call.get();
      }
    }
  }

  private static long liveHeap(long pid) throws IOException, InterruptedException {
    Process jcmd = new ProcessBuilder("jcmd", Long.toString(pid), "GC.class_histogram").start();
    String histogram = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (jcmd.waitFor() != 0) {
      throw new IllegalStateException("jcmd cannot see process " + pid);
    }
    String total =
        histogram.lines().filter(line -> line.startsWith("Total")).findFirst().orElseThrow();
    // "Total", instances, bytes.
    Scanner columns = new Scanner(total);
    columns.next();
    columns.nextLong();
    return columns.nextLong();
  }
}
