package io.virtrig.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.virtrig.v1.Completion;
import io.virtrig.v1.Result;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingResponse;
import io.virtrig.wire.RingMessages;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A stream of batches: the fast way to drive hosts. Safe for use by several threads; the batches of
 * one ring are executed one after another, in the order of their submission.
 *
 * <pre>{@code
 * try (VirtrigRing ring = client.openRing()) {
 *   RingBatch batch = ring.batch(host);
 *   RingBatch.Entry container = batch.add(open("/dev/vfio/vfio")).link();
 *   RingBatch.Entry group = batch.add(open("/dev/vfio/7")).link();
 *   batch.add(setContainer).with("target_fd", group).with("value", container);
 *   List<Result> results = batch.run();
 * }
 * }</pre>
 */
public final class VirtrigRing implements AutoCloseable {

  /** Batches that may be on their way at once. */
  private static final int WINDOW = 64;

  private final ClientCall<RingRequest, RingResponse> call;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progress = lock.newCondition();

  /** Submitted and not answered in full, in the order of submission. Guarded by the lock. */
  private final Queue<Pending> pending = new ArrayDeque<>();

  /** Why nothing more can be submitted. Guarded by the lock. */
  private @Nullable RuntimeException ended;

  private VirtrigRing(Channel channel) {
    // Answers are sorted into futures where they arrive: a hop to another thread costs more.
    call = channel.newCall(RingMessages.METHOD, CallOptions.DEFAULT.withExecutor(Runnable::run));
  }

  /** A new stream on the channel, which must set no deadline. */
  static VirtrigRing open(Channel channel) {
    VirtrigRing ring = new VirtrigRing(channel);
    ring.call.start(ring.new Answers(), new Metadata());
    ring.call.request(WINDOW);
    return ring;
  }

  /** An empty batch for a host. */
  public RingBatch batch(VirtrigHost host) {
    return new RingBatch(this, host.id());
  }

  /**
   * Sends a batch as it is. Waits while as many batches are on their way as the ring takes.
   *
   * @param request each entry has its position in the batch as its {@code user_data}
   * @return the results by entry; of an entry that asked for none when it succeeds, an empty one.
   *     Completed on the transport's thread: what depends on it must not block there. Completed
   *     with an exception only when the connection is lost or the batch is malformed.
   */
  CompletableFuture<List<Result>> submit(RingRequest request) throws InterruptedException {
    Pending batch = new Pending(request.getEntriesCount());
    lock.lockInterruptibly();
    try {
      while (ended == null && (pending.size() >= WINDOW || !call.isReady())) {
        progress.await();
      }
      if (ended != null) {
        throw new IllegalStateException("the ring has ended: " + ended.getMessage(), ended);
      }
      pending.add(batch);
      call.sendMessage(request);
    } finally {
      lock.unlock();
    }
    return batch.future;
  }

  /** Ends the stream; batches on their way are executed, and their futures complete. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (ended == null) {
        ended = new IllegalStateException("the ring was closed");
        call.halfClose();
        progress.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private static final class Pending {
    final CompletableFuture<List<Result>> future = new CompletableFuture<>();
    final List<Result> results;

    Pending(int entries) {
      results = new ArrayList<>(Collections.nCopies(entries, Result.getDefaultInstance()));
    }
  }

  private final class Answers extends ClientCall.Listener<RingResponse> {

    @Override
    public void onMessage(RingResponse message) {
      Pending batch;
      lock.lock();
      try {
        batch = message.getLast() ? pending.remove() : pending.element();
        progress.signal();
      } finally {
        lock.unlock();
      }
      for (Completion completion : message.getCompletionsList()) {
        batch.results.set((int) completion.getUserData(), completion.getResult());
      }
      call.request(1);
      if (message.getLast()) {
        batch.future.complete(Collections.unmodifiableList(batch.results));
      }
    }

    @Override
    public void onReady() {
      lock.lock();
      try {
        progress.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      RuntimeException why = StatusDetails.exception(status.asRuntimeException(trailers));
      List<Pending> lost;
      lock.lock();
      try {
        if (ended == null) {
          ended = why;
        }
        lost = new ArrayList<>(pending);
        pending.clear();
        progress.signalAll();
      } finally {
        lock.unlock();
      }
      lost.forEach(batch -> batch.future.completeExceptionally(why));
    }
  }
}
