package io.virtrig.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.Internal.EnumLite;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.BitSet;
import java.util.concurrent.atomic.AtomicReferenceArray;
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
 * @param parser protobuf's own
 * @param members the field numbers of the oneof
 * @param empties by field number: the message whose member says nothing, once it was met
 */
record SingleMember<M extends Message>(
    MethodHandle empty,
    VarHandle number,
    VarHandle member,
    Parser<M> parser,
    BitSet members,
    AtomicReferenceArray<@Nullable M> empties) {

  /** For messages of this type, with the oneof of this name. */
  static <M extends Message> SingleMember<M> of(
      Class<M> type, Parser<M> parser, String oneof, EnumLite[] cases) {
    BitSet members = new BitSet();
    for (EnumLite one : cases) {
      members.set(one.getNumber());
    }
    try {
      MethodHandles.Lookup inside = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
      return new SingleMember<>(
          inside
              .findConstructor(type, MethodType.methodType(void.class))
              .asType(MethodType.methodType(Message.class)),
          inside.findVarHandle(type, oneof + "Case_", int.class),
          inside.findVarHandle(type, oneof + "_", Object.class),
          parser,
          members,
          new AtomicReferenceArray<>(members.length()));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("generated code is not as expected", e);
    }
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
        || !members.get(field)) {
      return null;
    }
    M known = empties.getAcquire(field);
    if (known == null) {
      known = meet(tag);
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

  /** The message whose member with this tag says nothing. */
  private M meet(int tag) throws IOException {
    byte[] bytes = new byte[CodedOutputStream.computeUInt32SizeNoTag(tag) + 1];
    CodedOutputStream.newInstance(bytes).writeUInt32NoTag(tag); // And a length of nothing.
    M message = parser.parseFrom(bytes);
    empties.setRelease(WireFormat.getTagFieldNumber(tag), message);
    return message;
  }

  /** The member of a message, if it is the one with this field number. */
  Message in(M message, int field, Message otherwise) {
    return (int) number.get(message) == field ? (Message) member.get(message) : otherwise;
  }

  /**
   * A message.
   *
   * @param field the number of its member
   * @param said its member
   */
  @SuppressWarnings("unchecked") // The constructor's type.
  M with(int field, Message said) {
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
