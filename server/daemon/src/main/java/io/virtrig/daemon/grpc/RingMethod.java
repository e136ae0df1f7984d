package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.daemon.execution.Batch;
import io.virtrig.daemon.execution.Completions;
import io.virtrig.daemon.execution.OperationExecutor;
import io.virtrig.daemon.metrics.RingMetrics;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingResponse;
import io.virtrig.v1.RingServiceGrpc;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pipelined stream. A batch is executed on the transport's thread as soon as it arrives, for as
 * long as the answers can be sent; then it waits, and nothing more is read. What a stream holds is
 * one batch and one answer, however slow its client.
 */
final class RingMethod implements ServerCallHandler<ParsedRequest<RingRequest>, RingResponse> {
  private static final Logger LOG = LoggerFactory.getLogger(RingMethod.class);

  /** Bytes of completions in one answer. */
  private static final int ANSWER_BYTES = 256 << 10;

  private final OperationExecutor executor;
  private final RingMetrics rings;

  RingMethod(OperationExecutor executor, RingMetrics rings) {
    this.executor = executor;
    this.rings = rings;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(RingServiceGrpc.getServiceDescriptor())
        .method(RingServiceGrpc.getRingMethod(), this)
        .build();
  }

  @Override
  public ServerCall.Listener<ParsedRequest<RingRequest>> startCall(
      ServerCall<ParsedRequest<RingRequest>, RingResponse> call, Metadata headers) {
    call.sendHeaders(new Metadata());
    call.request(1);
    rings.opened();
    return new Ring(call);
  }

  /** One stream. gRPC calls it from one thread at a time. */
  private final class Ring extends ServerCall.Listener<ParsedRequest<RingRequest>> {
    private final ServerCall<ParsedRequest<RingRequest>, RingResponse> call;
    private @Nullable Batch batch;
    private long number;
    private boolean halfClosed;
    private boolean closed;

    Ring(ServerCall<ParsedRequest<RingRequest>, RingResponse> call) {
      this.call = call;
    }

    @Override
    public void onMessage(ParsedRequest<RingRequest> request) {
      if (closed) {
        return;
      }
      RingRequest message = request.message();
      if (message == null) {
        refuse(request.refusal());
        return;
      }
      if (message.getEntriesCount() > Batch.MOST_ENTRIES) {
        refuse(Statuses.daemon(Code.INVALID_ARGUMENT, "entries: more than " + Batch.MOST_ENTRIES));
        return;
      }
      number++;
      rings.batch(message.getEntriesCount());
      batch = executor.batch(message.getHost(), message.getEntriesList(), Map.of());
      work();
    }

    @Override
    public void onReady() {
      work();
    }

    /** Executes and answers while the transport takes answers, then asks for the next batch. */
    private void work() {
      try {
        while (batch != null && !closed && call.isReady()) {
          Completions completions = new Completions(ANSWER_BYTES);
          long start = System.nanoTime();
          batch.run(completions);
          rings.executed(System.nanoTime() - start);
          boolean last = batch.done();
          call.sendMessage(
              RingResponse.newBuilder()
                  .addAllCompletions(completions.all())
                  .setBatch(number)
                  .setLast(last)
                  .build());
          if (last) {
            batch = null;
            call.request(1);
          }
        }
        if (batch == null && halfClosed) {
          close(Status.OK, new Metadata());
        }
      } catch (RuntimeException e) {
        LOG.error("a ring failed", e);
        close(
            Status.INTERNAL.withDescription("a defect of the daemon; its log says more"),
            new Metadata());
      }
    }

    @Override
    public void onHalfClose() {
      halfClosed = true;
      work();
    }

    @Override
    public void onCancel() {
      end();
    }

    @Override
    public void onComplete() {
      end();
    }

    private void end() {
      closed = true;
      batch = null;
      rings.closed();
    }

    private void refuse(StatusRuntimeException refusal) {
      Metadata trailers = refusal.getTrailers();
      close(refusal.getStatus(), trailers == null ? new Metadata() : trailers);
    }

    private void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        call.close(status, trailers);
      }
    }
  }
}
