package io.virtrig.daemon.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.virtrig.v1.Completion;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingResponse;
import io.virtrig.v1.RingServiceGrpc;
import io.virtrig.v1.SubmissionEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A ring as it lies on the wire, whose client reads only when it says so. */
final class OpenRing implements AutoCloseable {
  private static final int DEADLINE_SECONDS = 30;

  private final ClientCall<RingRequest, RingResponse> call;
  private final BlockingQueue<RingResponse> answers = new LinkedBlockingQueue<>();
  private final CompletableFuture<Status> closed = new CompletableFuture<>();

  OpenRing(ServedDaemon daemon) {
    this(daemon.channel());
  }

  OpenRing(Channel channel) {
    call =
        channel.newCall(
            RingServiceGrpc.getRingMethod(),
            CallOptions.DEFAULT.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS));
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onMessage(RingResponse message) {
            answers.add(message);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            closed.complete(status);
          }
        },
        new Metadata());
  }

  void send(RingRequest request) {
    call.sendMessage(request);
  }

  RingResponse next() throws InterruptedException {
    call.request(1);
    RingResponse answer = answers.poll(DEADLINE_SECONDS, TimeUnit.SECONDS);
    if (answer == null) {
      throw new AssertionError("no answer");
    }
    return answer;
  }

  /** The completions of the next batch. */
  List<Completion> completions() throws InterruptedException {
    List<Completion> all = new ArrayList<>();
    RingResponse answer;
    do {
      answer = next();
      all.addAll(answer.getCompletionsList());
    } while (!answer.getLast());
    return all;
  }

  List<Completion> run(String host, SubmissionEntry... entries) throws InterruptedException {
    send(RingRequest.newBuilder().setHost(host).addAllEntries(List.of(entries)).build());
    return completions();
  }

  void halfClose() {
    call.halfClose();
  }

  Status closed() throws Exception {
    return closed.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    call.cancel("the test is over", null);
  }
}
