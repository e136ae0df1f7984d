package io.virtrig.client;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Message;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.wire.Operations;
import java.util.Locale;
import java.util.Optional;

/**
 * The operations by the names that cases, logs and manuals use: {@code VFIO_IOMMU_MAP_DMA}, {@code
 * hw.dma_read}.
 */
public final class Vocabulary {

  private static final OneofDescriptor REQUEST = Operation.getDescriptor().getOneofs().get(0);
  private static final OneofDescriptor RESPONSE = Result.getDescriptor().getOneofs().get(0);

  private Vocabulary() {}

  /**
   * The member of {@link Operation} that an operation's name stands for.
   *
   * @return empty when there is no such operation
   */
  public static Optional<FieldDescriptor> member(String name) {
    return Optional.ofNullable(
        Operation.getDescriptor().findFieldByName(name.toLowerCase(Locale.ROOT).replace('.', '_')));
  }

  /** A new request of an operation. */
  public static Message.Builder request(FieldDescriptor member) {
    return Operations.nothing(member.getNumber()).newBuilderForType();
  }

  /** The request in an operation; empty when it has none. */
  public static Optional<Message> requestIn(Operation operation) {
    FieldDescriptor member = operation.getOneofFieldDescriptor(REQUEST);
    return member == null ? Optional.empty() : Optional.of((Message) operation.getField(member));
  }

  /** The response in a result; empty when it has none. */
  public static Optional<Message> response(Result result) {
    FieldDescriptor member = result.getOneofFieldDescriptor(RESPONSE);
    return member == null ? Optional.empty() : Optional.of((Message) result.getField(member));
  }
}
