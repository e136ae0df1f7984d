package io.virtrig.bench;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** A stream with a fixed number of messages on their way, each answered by one. */
final class StreamLane<Q, A> implements Lane {
  private static final int IN_FLIGHT = 4;

  private final Channel channel;
  private final MethodDescriptor<Q, A> method;
  private final Q message;
  private final int operations;
  private final Consumer<A> check;

  /** Each message stands for so many operations; each answer is checked. */
  StreamLane(
      Channel channel,
      MethodDescriptor<Q, A> method,
      Q message,
      int operations,
      Consumer<A> check) {
    this.channel = channel;
    this.method = method;
    this.message = message;
    this.operations = operations;
    this.check = check;
  }

  @Override
  public void start(BooleanSupplier goesOn, IntConsumer done, CountDownLatch ended) {
    ClientCall<Q, A> call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          private boolean halfClosed;

          @Override
          public void onMessage(A answer) {
            check.accept(answer);
            done.accept(operations);
            call.request(1);
            if (goesOn.getAsBoolean()) {
              call.sendMessage(message);
            } else if (!halfClosed) {
              halfClosed = true;
              call.halfClose();
            }
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            if (!status.isOk()) {
              Failures.end(method.getFullMethodName() + ": " + status);
            }
            ended.countDown();
          }
        },
        new Metadata());
    for (int i = 0; i < IN_FLIGHT; i++) {
      call.sendMessage(message);
    }
    // Only now: from the first answer on, it is the transport's thread that sends.
    call.request(IN_FLIGHT);
  }
}
