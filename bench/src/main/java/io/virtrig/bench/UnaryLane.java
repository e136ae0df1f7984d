package io.virtrig.bench;

import io.grpc.Channel;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/** Single calls, each made when the one before is answered. */
final class UnaryLane implements Lane {
  private final Channel channel;
  private final List<Call<?, ?>> calls;
  private int next;

  /** Over and over, in this order. */
  UnaryLane(Channel channel, List<Call<?, ?>> calls) {
    this.channel = channel;
    this.calls = calls;
  }

  @Override
  public void start(BooleanSupplier goesOn, IntConsumer done, CountDownLatch ended) {
    // Whole rounds only: they leave the host as it was.
    if (!goesOn.getAsBoolean() && next == 0) {
      ended.countDown();
      return;
    }
    callOnce(
        () -> {
          done.accept(1);
          start(goesOn, done, ended);
        });
  }

  void callOnce(Runnable then) {
    Call<?, ?> call = calls.get(next);
    next = (next + 1) % calls.size();
    call.make(channel, then);
  }
}
