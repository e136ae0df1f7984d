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
import io.virtrig.daemon.quota.OverQuota;
import io.virtrig.daemon.tenancy.Tenant;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingResponse;
import io.virtrig.v1.RingServiceGrpc;
import io.virtrig.wire.RingMessages;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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

  /** Reads rings that were held back; it does nothing that takes time. */
  private static final ScheduledExecutorService LATER =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("held-rings").factory());

  /** Bytes of completions in one answer. */
  private static final int ANSWER_BYTES = 256 << 10;

  private final OperationExecutor executor;
  private final RingMetrics rings;
  private final Callers callers;

  RingMethod(OperationExecutor executor, RingMetrics rings, Callers callers) {
    this.executor = executor;
    this.rings = rings;
    this.callers = callers;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(RingServiceGrpc.getServiceDescriptor(), callers)
        .stream(RingMessages.METHOD, this).build();
  }

  @Override
  public ServerCall.Listener<ParsedRequest<RingRequest>> startCall(
      ServerCall<ParsedRequest<RingRequest>, RingResponse> call, Metadata headers) {
    Tenant tenant = callers.current().tenant();
    call.sendHeaders(new Metadata());
    call.request(1);
    rings.opened();
    return new Ring(call, tenant);
  }

  /** One stream. gRPC calls it from one thread at a time. */
  private final class Ring extends ServerCall.Listener<ParsedRequest<RingRequest>> {
    private final ServerCall<ParsedRequest<RingRequest>, RingResponse> call;
    private final Tenant tenant;
    private @Nullable Batch batch;
    private long number;

    /** Nanoseconds until the next batch may be read. */
    private long wait;

    private boolean halfClosed;
    private boolean closed;

    Ring(ServerCall<ParsedRequest<RingRequest>, RingResponse> call, Tenant tenant) {
      this.call = call;
      this.tenant = tenant;
    }

    @Override
    public void onMessage(ParsedRequest<RingRequest> request) {
      if (closed) {
        return;
      }
      RingRequest message = request.message();
      if (message == null) {
        close(request.refusal());
        return;
      }
      if (message.getEntriesCount() > Batch.MOST_ENTRIES) {
        close(Statuses.daemon(Code.INVALID_ARGUMENT, "entries: more than " + Batch.MOST_ENTRIES));
        return;
      }
      try {
        wait = tenant.account().batch(message.getEntriesCount());
      } catch (OverQuota e) {
        close(Statuses.of(e));
        return;
      }
      number++;
      rings.batch(message.getEntriesCount());
      batch = executor.batch(tenant, message.getHost(), message.getEntriesList(), Map.of());
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
            askForMore();
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

    /** A tenant with a quota of operations a second is not read faster than that. */
    private void askForMore() {
      if (wait == 0) {
        call.request(1);
      } else {
        var _ = LATER.schedule(() -> call.request(1), wait, TimeUnit.NANOSECONDS);
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

    private void close(StatusRuntimeException refusal) {
      if (!closed) {
        closed = true;
        Statuses.close(call, refusal);
      }
    }

    private void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        call.close(status, trailers);
      }
    }
  }
}
