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
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
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
 * @param byName the field number of the member of each type, by the type's name in small letters
 * @param numbers the field number of the member of each type, once it was met
 * @param members by field number: whether it is a member
 * @param empties by field number: the message whose member says nothing, once it was met
 */
record SingleMember<M extends Message>(
    MethodHandle empty,
    VarHandle number,
    VarHandle member,
    Parser<M> parser,
    Map<String, Integer> byName,
    ConcurrentMap<Class<?>, Integer> numbers,
    boolean[] members,
    AtomicReferenceArray<@Nullable M> empties) {

  /**
   * For messages of a type.
   *
   * @param oneof the name of its oneof
   * @param cases the members, each of a type that is named after it
   * @param suffix what the types' names have besides
   */
  static <M extends Message, C extends Enum<C> & EnumLite> SingleMember<M> of(
      Class<M> type, Parser<M> parser, String oneof, C[] cases, String suffix) {
    Map<String, Integer> byName = new HashMap<>();
    int largest = 0;
    for (C one : cases) {
      if (one.getNumber() > 0) {
        byName.put(small(one.name().replace("_", "") + suffix), one.getNumber());
        largest = Math.max(largest, one.getNumber());
      }
    }
    boolean[] members = new boolean[largest + 1];
    byName.values().forEach(number -> members[number] = true);
    try {
      MethodHandles.Lookup inside = MethodHandles.privateLookupIn(type, MethodHandles.lookup());
      return new SingleMember<>(
          inside
              .findConstructor(type, MethodType.methodType(void.class))
              .asType(MethodType.methodType(Message.class)),
          inside.findVarHandle(type, oneof + "Case_", int.class),
          inside.findVarHandle(type, oneof + "_", Object.class),
          parser,
          byName,
          new ConcurrentHashMap<>(),
          members,
          new AtomicReferenceArray<>(members.length));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("generated code is not as expected", e);
    }
  }

  /** Reads a message up to the limit that is set: {@link #read(int, CodedInputStream)}. */
  @Nullable M read(CodedInputStream in) throws IOException {
    return read(in.readTag(), in);
  }

  /**
   * Reads a message up to the limit that is set.
   *
   * @param tag its first, which has been read
   * @return null when that is not one known member and nothing else
   * @throws IOException when it is no message
   */
  @Nullable M read(int tag, CodedInputStream in) throws IOException {
    int field = WireFormat.getTagFieldNumber(tag);
    if (WireFormat.getTagWireType(tag) != WireFormat.WIRETYPE_LENGTH_DELIMITED
        || field >= members.length
        || !members[field]) {
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

  /** The member of a message; null when it is not the one with this field number. */
  @Nullable Message in(M message, int field) {
    return (int) number.get(message) == field ? (Message) member.get(message) : null;
  }

  /** The member of a message; null when it has none. */
  @Nullable Message in(M message) {
    return (Message) member.get(message);
  }

  /**
   * What the member with this field number is when it says nothing.
   *
   * @throws IllegalArgumentException when none has that number
   */
  Message nothing(int field) {
    if (field >= members.length || !members[field]) {
      throw new IllegalArgumentException("no member has the number " + field);
    }
    M known = empties.getAcquire(field);
    try {
      return (Message) member.get(known == null ? meet(tag(field)) : known);
    } catch (IOException e) {
      throw new IllegalStateException("what says nothing is no message", e);
    }
  }

  private static int tag(int field) {
    return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
  }

  /**
   * A message around its member.
   *
   * @throws IllegalArgumentException when no member is of that type
   */
  M with(Message said) {
    Integer field = numbers.get(said.getClass());
    if (field == null) {
      field = number(said.getClass());
      numbers.put(said.getClass(), field);
    }
    return with(field, said);
  }

  private int number(Class<?> type) {
    Integer field = byName.get(small(type.getSimpleName()));
    if (field == null || !nothing(field).getClass().equals(type)) {
      throw new IllegalArgumentException("no member is a " + type.getSimpleName());
    }
    return field;
  }

  private static String small(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /**
   * A message.
   *
   * @param field the number of its member
   * @param said its member
   */
  M with(int field, Message said) {
    M message = without();
    number.set(message, field);
    member.set(message, said);
    return message;
  }

  /** A message without a member. */
  @SuppressWarnings("unchecked") // The constructor's type.
  M without() {
    try {
      return (M) (Message) empty.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("the constructor of a message threw", e);
    }
  }
}
