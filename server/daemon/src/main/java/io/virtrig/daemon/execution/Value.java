package io.virtrig.daemon.execution;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.virtrig.v1.ArgumentValue;

/** A value on its way into a field. */
sealed interface Value {

  /** A number: 64 bits, whatever their sign means. */
  record Numeral(long value) implements Value {}

  /** Text. */
  record Text(String value) implements Value {}

  /** Bytes. */
  record Data(ByteString value) implements Value {}

  /**
   * What a field of a response holds.
   *
   * @throws IllegalArgumentException when that is a message or a truth value
   */
  static Value of(Object fieldValue) {
    return switch (fieldValue) {
      case Integer number -> new Numeral(number);
      case Long number -> new Numeral(number);
      case String text -> new Text(text);
      case ByteString data -> new Data(data);
      default -> throw new IllegalArgumentException("the value is no number, text or bytes");
    };
  }

  /** What a program was told. */
  static Value of(ArgumentValue argument) {
    return switch (argument.getKindCase()) {
      case NUMBER -> new Numeral(argument.getNumber());
      case TEXT -> new Text(argument.getText());
      case DATA -> new Data(argument.getData());
      case KIND_NOT_SET -> throw new IllegalArgumentException("the argument has no value");
    };
  }

  /** This and {@code addend}. */
  default Value plus(long addend) {
    if (addend == 0) {
      return this;
    }
    if (this instanceof Numeral number) {
      return new Numeral(number.value + addend);
    }
    throw new IllegalArgumentException("there is nothing to add to: the value is no number");
  }

  /**
   * The object that protobuf wants for the field.
   *
   * @throws IllegalArgumentException when the field is of another type
   */
  default Object as(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case INT -> (int) number(field);
      case LONG -> number(field);
      case BOOLEAN -> number(field) != 0;
      case STRING -> {
        if (this instanceof Text text) {
          yield text.value;
        }
        throw wrong(field, "text");
      }
      case BYTE_STRING -> {
        if (this instanceof Data data) {
          yield data.value;
        }
        throw wrong(field, "bytes");
      }
      case FLOAT, DOUBLE, ENUM, MESSAGE ->
          throw new IllegalArgumentException(
              "\"" + field.getName() + "\" takes no number, text or bytes");
    };
  }

  private long number(FieldDescriptor field) {
    if (this instanceof Numeral number) {
      return number.value;
    }
    throw wrong(field, "a number");
  }

  private static IllegalArgumentException wrong(FieldDescriptor field, String wanted) {
    return new IllegalArgumentException("\"" + field.getName() + "\" takes " + wanted);
  }
}
