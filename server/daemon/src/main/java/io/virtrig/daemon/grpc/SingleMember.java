package io.virtrig.daemon.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.WireFormat;
import io.virtrig.v1.Operation;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Operations around a member that is there, made without their builder, which has a place for each
 * of the members. It reaches into generated code: into the constructor and the two fields by which
 * protobuf represents a oneof; a generator that makes them otherwise fails the tests of {@link
 * RingRequests}.
 */
final class SingleMember {
  private static final MethodHandle EMPTY;
  private static final VarHandle CASE;
  private static final VarHandle MEMBER;

  static {
    try {
      MethodHandles.Lookup inside =
          MethodHandles.privateLookupIn(Operation.class, MethodHandles.lookup());
      EMPTY = inside.findConstructor(Operation.class, MethodType.methodType(void.class));
      CASE = inside.findVarHandle(Operation.class, "opCase_", int.class);
      MEMBER = inside.findVarHandle(Operation.class, "op_", Object.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** By field number. */
  private static final @Nullable Parser<? extends Message>[] MEMBERS = members();

  private SingleMember() {}

  @SuppressWarnings({"unchecked", "rawtypes"}) // An array of parsers.
  private static @Nullable Parser<? extends Message>[] members() {
    List<FieldDescriptor> fields = Operation.getDescriptor().getOneofs().getFirst().getFields();
    int highest = fields.stream().mapToInt(FieldDescriptor::getNumber).max().orElseThrow();
    Parser<? extends Message>[] parsers = new Parser[highest + 1];
    Message.Builder operation = Operation.newBuilder();
    for (FieldDescriptor field : fields) {
      parsers[field.getNumber()] =
          operation.newBuilderForField(field).getDefaultInstanceForType().getParserForType();
    }
    return parsers;
  }

  /**
   * Reads an operation up to the limit that is set.
   *
   * @return null when that is not one known member and nothing else
   * @throws IOException when it is no message
   */
  static @Nullable Operation operation(CodedInputStream in) throws IOException {
    int tag = in.readTag();
    int number = WireFormat.getTagFieldNumber(tag);
    if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED
        || number >= MEMBERS.length) {
      return null;
    }
    Parser<? extends Message> parser = MEMBERS[number];
    if (parser == null) {
      return null;
    }
    Object member = in.readMessage(parser, ExtensionRegistryLite.getEmptyRegistry());
    return in.isAtEnd() ? of(number, member) : null;
  }

  private static Operation of(int number, Object member) {
    try {
      Operation operation = (Operation) EMPTY.invokeExact();
      CASE.set(operation, number);
      MEMBER.set(operation, member);
      return operation;
    } catch (Throwable e) {
      throw new IllegalStateException("the constructor of a message threw", e);
    }
  }
}
