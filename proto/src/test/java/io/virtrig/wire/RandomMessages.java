package io.virtrig.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.virtrig.v1.Operation;
import java.util.List;
import java.util.SplittableRandom;

/** Messages whose fields hold what breaks programs. */
public final class RandomMessages {

  private static final long[] NUMBERS = {
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    16,
    24,
    32,
    4095,
    4096,
    0x1000,
    0x100000,
    0xfee00000L,
    0x7fffffffL,
    0x80000000L,
    0xffffffffL,
    0x7ffff7ffe000L,
    0x7fffffffffffffffL,
    0x8000000000000000L,
    0xfffffffffffff000L,
    -1L
  };
  private static final String[] TEXTS = {
    "",
    "a",
    "hosts/a",
    "/dev/kvm",
    "/dev/vfio/vfio",
    "/dev/vfio/1",
    "0000:00:02.0",
    "\u0000",
    "\ud83d\ude00",
    "x".repeat(300)
  };

  private RandomMessages() {}

  /** Any operation. */
  public static Operation operation(SplittableRandom random) {
    List<FieldDescriptor> ops = Operation.getDescriptor().getFields();
    FieldDescriptor op = ops.get(random.nextInt(ops.size()));
    return Operation.newBuilder().setField(op, of(op.getMessageType(), random, 3)).build();
  }

  /** A message of the type; messages nest as deep as said. */
  public static Message of(Descriptor type, SplittableRandom random, int depth) {
    Message.Builder message = DynamicMessage.newBuilder(type);
    for (FieldDescriptor field : type.getFields()) {
      if (random.nextInt(4) == 0 || field.isMapField()) {
        continue;
      }
      if (field.isRepeated()) {
        for (int i = random.nextInt(4); i > 0 && (depth > 0 || !isMessage(field)); i--) {
          message.addRepeatedField(field, value(field, random, depth));
        }
      } else if (depth > 0 || !isMessage(field)) {
        message.setField(field, value(field, random, depth));
      }
    }
    return message.build();
  }

  private static boolean isMessage(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
  }

  private static Object value(FieldDescriptor field, SplittableRandom random, int depth) {
    long number = NUMBERS[random.nextInt(NUMBERS.length)];
    return switch (field.getJavaType()) {
      case INT -> (int) number;
      case LONG -> number;
      case BOOLEAN -> random.nextBoolean();
      case STRING -> field.getName().equals("host") ? "a" : TEXTS[random.nextInt(TEXTS.length)];
      case BYTE_STRING -> ByteString.copyFrom(new byte[random.nextInt(40)]);
      case ENUM ->
          field
              .getEnumType()
              .getValues()
              .get(random.nextInt(field.getEnumType().getValues().size()));
      case MESSAGE -> of(field.getMessageType(), random, depth - 1);
      case FLOAT, DOUBLE -> throw new AssertionError("the vocabulary has no fractions: " + field);
    };
  }
}
