package io.virtrig.daemon.limits;

import static io.netty.handler.codec.http2.Http2FrameTypes.DATA;
import static io.netty.handler.codec.http2.Http2FrameTypes.HEADERS;
import static io.virtrig.daemon.limits.RawClient.prefixed;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.daemon.limits.HostileClientsTest.Attack;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.WatchEventsRequest;
import io.virtrig.v1.WatchEventsResponse;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/** Clients who ask, and never open the window through which answers go. */
final class SlowReaderAttacks {
  private final ForkedDaemon daemon;

  private SlowReaderAttacks(ForkedDaemon daemon) {
    this.daemon = daemon;
  }

  static List<Attack> on(ForkedDaemon daemon) {
    SlowReaderAttacks attacks = new SlowReaderAttacks(daemon);
    return List.of(
        new Attack(
            "answers of 1 MiB that are not read", "64 MiB unread a connection", attacks::unary),
        new Attack("batches whose answers are not read", "one answer a ring", attacks::ring),
        new Attack(
            "batches that are not read, for their answers are not",
            "256 KiB a stream",
            attacks::stalledRing),
        new Attack("events that are not read", "one message a watch", attacks::watch));
  }

  private String unary() throws Exception {
    byte[] request =
        LoadRequest.newBuilder()
            .setHost("unary")
            .setAddr(map("unary"))
            .setLength(1 << 20)
            .build()
            .toByteArray();
    try (RawClient client = new RawClient(daemon.grpc()).greet(0)) {
      int stream = 1;
      for (int i = 0; i < 80; i++) {
        client.begin(stream, "virtrig.v1.ProcessService/Load");
        client.finish(stream, request);
        stream += 2;
      }
      String status = client.status(stream - 2);
      double unread = daemon.metric("virtrig_answers_unread_bytes");
      assertThat(unread).isBetween((double) (60 << 20), (double) (68 << 20));
      return status;
    }
  }

  /** Answers of 1 MiB; those that the transport does not take keep the ring from being read. */
  private String ring() throws Exception {
    Operation load =
        Operation.newBuilder()
            .setLoad(LoadRequest.newBuilder().setAddr(map("ring")).setLength(1 << 20))
            .build();
    byte[] batch =
        RingRequest.newBuilder()
            .setHost("ring")
            .addEntries(SubmissionEntry.newBuilder().setOperation(load))
            .build()
            .toByteArray();
    double before = daemon.metric("virtrig_operations_total{op=\"load\",outcome=\"OK\"}");
    try (RawClient client = new RawClient(daemon.grpc()).greet(0)) {
      client.begin(1, "virtrig.v1.RingService/Ring");
      for (int i = 0; i < 1000; i++) {
        client.data(1, 0, prefixed(0, batch.length, batch));
      }
      var _ = client.await(HEADERS, 1);
      // One call behind them all, on the same connection: what was to be read has been.
      client.begin(3, "virtrig.v1.HostService/ListHosts");
      client.finish(3, new byte[0]);
      var _ = client.await(HEADERS, 3);
      double executed =
          daemon.metric("virtrig_operations_total{op=\"load\",outcome=\"OK\"}") - before;
      return Math.round(executed) + " of 1000 batches is executed";
    }
  }

  /** Its first answer waits, so that it is not read from. */
  private String stalledRing() throws Exception {
    Operation load =
        Operation.newBuilder()
            .setLoad(LoadRequest.newBuilder().setAddr(map("stalled")).setLength(1 << 20))
            .build();
    byte[] batch =
        RingRequest.newBuilder()
            .setHost("stalled")
            .addEntries(SubmissionEntry.newBuilder().setOperation(load))
            .build()
            .toByteArray();
    try (RawClient client = new RawClient(daemon.grpc()).greet(0)) {
      client.begin(1, "virtrig.v1.RingService/Ring");
      client.data(1, 0, prefixed(0, batch.length, batch));
      var _ = client.await(HEADERS, 1);
      client.data(1, 0, new byte[300 << 10]);
      return client.status(1);
    }
  }

  private long map(String host) {
    create(host);
    return operations()
        .execute(
            ExecuteRequest.newBuilder()
                .setHost(host)
                .addOperations(
                    Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(1 << 20)))
                .build())
        .getResults(0)
        .getMmap()
        .getRet();
  }

  private String watch() throws Exception {
    create("watched");
    try (RawClient client = new RawClient(daemon.grpc()).greet(0)) {
      client.begin(1, "virtrig.v1.WatchService/WatchEvents");
      client.finish(
          1, WatchEventsRequest.newBuilder().setName("watched").setAfter(0).build().toByteArray());
      var _ = client.await(HEADERS, 1);
      for (int round = 0; round < 100; round++) {
        exits();
      }
      client.open(1, 8 << 20);
      ByteArrayOutputStream received = new ByteArrayOutputStream();
      long missed = 0;
      while (missed == 0) {
        received.writeBytes(client.await(DATA, 1).payload().toByteArray());
        missed = missed(ByteBuffer.wrap(received.toByteArray()));
      }
      return "the rest is a gap";
    }
  }

  private static long missed(ByteBuffer messages) throws Exception {
    long missed = 0;
    while (messages.remaining() >= 5) {
      messages.get();
      int length = messages.getInt();
      if (messages.remaining() < length) {
        break;
      }
      byte[] message = new byte[length];
      messages.get(message);
      WatchEventsResponse response = WatchEventsResponse.parseFrom(message);
      if (response.hasGap()) {
        missed += response.getGap().getLast() - response.getGap().getFirst() + 1;
      }
    }
    return missed;
  }

  /** Two hundred processes begin and end, an event each. */
  private void exits() {
    int pid =
        operations()
            .execute(
                ExecuteRequest.newBuilder()
                    .setHost("watched")
                    .addOperations(
                        Operation.newBuilder().setProcess(ProcessRequest.getDefaultInstance()))
                    .build())
            .getResults(0)
            .getProcess()
            .getPid();
    ExecuteRequest.Builder request = ExecuteRequest.newBuilder().setHost("watched");
    for (int i = 0; i < 200; i++) {
      request.addOperations(
          Operation.newBuilder().setExit(ExitRequest.newBuilder().setPid(pid + i)));
      request.addOperations(Operation.newBuilder().setProcess(ProcessRequest.getDefaultInstance()));
    }
    var _ = operations().execute(request.build());
  }

  private void create(String host) {
    var _ =
        HostServiceGrpc.newBlockingStub(channel())
            .createHost(CreateHostRequest.newBuilder().setHostId(host).build());
  }

  private OperationServiceGrpc.OperationServiceBlockingStub operations() {
    return OperationServiceGrpc.newBlockingStub(channel());
  }

  private io.grpc.Channel channel() {
    return daemon.channel();
  }
}
