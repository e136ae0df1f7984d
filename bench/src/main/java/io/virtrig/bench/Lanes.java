package io.virtrig.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.grpc.Channel;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.EchoRequest;
import io.virtrig.v1.EchoServiceGrpc;
import io.virtrig.v1.EchoStreamRequest;
import io.virtrig.v1.HardwareServiceGrpc;
import io.virtrig.v1.KvmServiceGrpc;
import io.virtrig.v1.Operation;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.RingResponse;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.VfioServiceGrpc;
import io.virtrig.wire.RingMessages;
import java.util.ArrayList;
import java.util.List;

/** Lanes that keep hosts busy, each beside an echo with messages of the same sizes. */
final class Lanes {
  /** Bytes of a completion without a response. */
  private static final int COMPLETION_BYTES = 6;

  private final List<UnaryLane> unary = new ArrayList<>();
  private final List<UnaryLane> echoes = new ArrayList<>();
  private final List<StreamLane<?, ?>> rings = new ArrayList<>();
  private final List<StreamLane<?, ?>> echoStreams = new ArrayList<>();

  /** So many lanes of each kind, a host for each. */
  Lanes(VirtrigClient client, Channel channel, int unaryLanes, int ringLanes) {
    for (int lane = 0; lane < unaryLanes; lane++) {
      VirtrigHost host = client.createHost(OperationMix.SPEC);
      List<Operation> mix = new OperationMix(host).operations();
      List<Call<?, ?>> calls = new ArrayList<>();
      List<Call<?, ?>> floor = new ArrayList<>();
      for (Operation operation : mix) {
        Call<?, ?> call = typed(operation, host.id());
        calls.add(call);
        floor.add(echo(((MessageLite) call.request()).getSerializedSize()));
      }
      unary.add(new UnaryLane(channel, calls));
      echoes.add(new UnaryLane(channel, floor));
    }
    for (int lane = 0; lane < ringLanes; lane++) {
      VirtrigHost host = client.createHost(OperationMix.SPEC);
      RingRequest batch = batch(host, new OperationMix(host).operations());
      int entries = batch.getEntriesCount();
      rings.add(new StreamLane<>(channel, RingMessages.METHOD, batch, entries, Lanes::check));
      echoStreams.add(
          new StreamLane<>(
              channel,
              EchoServiceGrpc.getEchoStreamMethod(),
              EchoStreamRequest.newBuilder()
                  .setPayload(ByteString.copyFrom(new byte[batch.getSerializedSize()]))
                  .setAnswerBytes(entries * COMPLETION_BYTES)
                  .build(),
              entries,
              answer -> {}));
    }
  }

  List<UnaryLane> unary() {
    return unary;
  }

  List<UnaryLane> echoes() {
    return echoes;
  }

  List<StreamLane<?, ?>> rings() {
    return rings;
  }

  List<StreamLane<?, ?>> echoStreams() {
    return echoStreams;
  }

  private static RingRequest batch(VirtrigHost host, List<Operation> operations) {
    RingRequest.Builder batch = RingRequest.newBuilder().setHost(host.id());
    for (int i = 0; i < operations.size(); i++) {
      batch.addEntries(SubmissionEntry.newBuilder().setUserData(i).setOperation(operations.get(i)));
    }
    return batch.build();
  }

  private static void check(RingResponse answer) {
    for (int i = 0; i < answer.getCompletionsCount(); i++) {
      var result = answer.getCompletions(i).getResult();
      if (result.hasErrno() || result.hasRefusal()) {
        Failures.end(result.toString());
      }
    }
  }

  private static Call<?, ?> typed(Operation operation, String host) {
    return switch (operation.getOpCase()) {
      case VFIO_IOMMU_MAP_DMA ->
          new Call<>(
              VfioServiceGrpc.getVfioIommuMapDmaMethod(),
              operation.getVfioIommuMapDma().toBuilder().setHost(host).build());
      case VFIO_IOMMU_UNMAP_DMA ->
          new Call<>(
              VfioServiceGrpc.getVfioIommuUnmapDmaMethod(),
              operation.getVfioIommuUnmapDma().toBuilder().setHost(host).build());
      case KVM_SET_USER_MEMORY_REGION ->
          new Call<>(
              KvmServiceGrpc.getKvmSetUserMemoryRegionMethod(),
              operation.getKvmSetUserMemoryRegion().toBuilder().setHost(host).build());
      case KVM_IRQ_LINE ->
          new Call<>(
              KvmServiceGrpc.getKvmIrqLineMethod(),
              operation.getKvmIrqLine().toBuilder().setHost(host).build());
      case HW_RAISE_IRQ ->
          new Call<>(
              HardwareServiceGrpc.getHwRaiseIrqMethod(),
              operation.getHwRaiseIrq().toBuilder().setHost(host).build());
      default -> throw new IllegalArgumentException(operation.toString());
    };
  }

  private static Call<?, ?> echo(int bytes) {
    return new Call<>(
        EchoServiceGrpc.getEchoMethod(),
        EchoRequest.newBuilder().setPayload(ByteString.copyFrom(new byte[bytes])).build());
  }
}
