package io.virtrig.daemon.fairness;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How willingly threads give up their processor, as Linux divides processors: setpriority(2). The
 * JVM's own priorities do nothing unless the whole program is started with {@code
 * -XX:ThreadPriorityPolicy}, which warns whoever is not root.
 */
final class Niceness {
  /**
   * Gives way to any thread as it is, and still has a thirtieth of a processor that one wants all
   * the time, so that nothing it holds is held for ever.
   */
  static final int OF_WHO_WAITS = 15;

  private static final Logger LOG = LoggerFactory.getLogger(Niceness.class);
  private static final int PRIO_PROCESS = 0;
  private static final int THIS_THREAD = 0;

  private Niceness() {}

  /**
   * Makes the thread that calls it nice. Only Linux knows that of single threads; elsewhere, and
   * where native access is denied, it stays as it is.
   *
   * @param nice more than the thread has, at most 19; less needs a privilege
   */
  @SuppressWarnings("restricted") // Native access is what this is.
  static void ofThisThread(int nice) {
    if (!System.getProperty("os.name").equals("Linux")) {
      return;
    }
    try {
      Linker linker = Linker.nativeLinker();
      MethodHandle setpriority =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("setpriority"),
              FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
      int failed = (int) setpriority.invokeExact(PRIO_PROCESS, THIS_THREAD, nice);
      if (failed != 0) {
        LOG.debug("setpriority refuses {}", nice);
      }
    } catch (Throwable e) { // What a method handle declares.
      LOG.debug("no setpriority here", e);
    }
  }
}
