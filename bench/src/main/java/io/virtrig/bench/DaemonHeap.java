package io.virtrig.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Scanner;

/** What lives in the heap of a daemon: asking collects the garbage first. */
final class DaemonHeap {
  private DaemonHeap() {}

  /** Bytes of live objects of a process: what its class histogram adds up to. */
  static long live(long pid) throws IOException, InterruptedException {
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
