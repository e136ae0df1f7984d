package io.virtrig.bench;

import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/** Calls that follow one another until the load ends. */
interface Lane {

  /**
   * Begins.
   *
   * @param goesOn false: no more calls
   * @param done is told how many operations were executed
   * @param ended counted down when the last answer is there
   */
  void start(BooleanSupplier goesOn, IntConsumer done, CountDownLatch ended);
}
