package io.virtrig.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.Message;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Messages of a type that is little more than a oneof, made around the member that is there without
 * their builder, which has a place for each of the members. It reaches into generated code: into
 * the constructor and the two fields by which protobuf represents a oneof; a generator that makes
 * them otherwise fails the tests.
 *
 * <p>A record, since the compiler takes the handles in a constant record for constants.
 *
 * @param empty makes a message without a member
 * @param number the member's field number
 * @param member the member
 * @param empties by field number: the message whose member says nothing
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares them.
record SingleMember<M extends Message>(
    MethodHandle empty, VarHandle number, VarHandle member, @Nullable Object[] empties) {

  /** For messages like this one, with the oneof of this name. */
  static <M extends Message> SingleMember<M> of(M none, String oneof) {
    try {
      Class<?> type = none.getClass();
      MethodHandles.Lookup inside = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
      OneofDescriptor members = oneof(none, oneof);
      SingleMember<M> made =
          new SingleMember<>(
              inside
                  .findConstructor(type, MethodType.methodType(void.class))
                  .asType(MethodType.methodType(Message.class)),
              inside.findVarHandle(type, oneof + "Case_", int.class),
              inside.findVarHandle(type, oneof + "_", Object.class),
              new Object[highest(members) + 1]);
      Message.Builder any = none.newBuilderForType();
      for (FieldDescriptor field : members.getFields()) {
        made.empties[field.getNumber()] =
            made.with(field.getNumber(), any.newBuilderForField(field).getDefaultInstanceForType());
      }
      return made;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("generated code is not as expected", e);
    }
  }

  private static OneofDescriptor oneof(Message none, String name) {
    for (OneofDescriptor oneof : none.getDescriptorForType().getOneofs()) {
      if (oneof.getName().equals(name)) {
        return oneof;
      }
    }
    throw new IllegalArgumentException(name);
  }

  private static int highest(OneofDescriptor oneof) {
    int highest = 0;
    for (FieldDescriptor field : oneof.getFields()) {
      highest = Math.max(highest, field.getNumber());
    }
    return highest;
  }

  /**
   * Reads a message up to the limit that is set.
   *
   * @return null when that is not one known member and nothing else
   * @throws IOException when it is no message
   */
  @Nullable M read(CodedInputStream in) throws IOException {
    int tag = in.readTag();
    int field = WireFormat.getTagFieldNumber(tag);
    if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED
        || field >= empties.length) {
      return null;
    }
    @SuppressWarnings("unchecked") // Only such are put there.
    M known = (M) empties[field];
    if (known == null) {
      return null;
    }
    int length = in.readRawVarint32();
    if (length == 0) {
      return in.isAtEnd() ? known : null;
    }
    int outer = in.pushLimit(length);
    Message nothing = (Message) member.get(known);
    Message said =
        nothing.getParserForType().parseFrom(in, ExtensionRegistryLite.getEmptyRegistry());
    in.checkLastTagWas(0);
    in.popLimit(outer);
    return in.isAtEnd() ? with(field, said) : null;
  }

  @SuppressWarnings("unchecked") // The constructor's type.
  private M with(int field, Message said) {
    try {
      Message message = (Message) empty.invokeExact();
      number.set(message, field);
      member.set(message, said);
      return (M) message;
    } catch (Throwable e) {
      throw new IllegalStateException("the constructor of a message threw", e);
    }
  }
}
