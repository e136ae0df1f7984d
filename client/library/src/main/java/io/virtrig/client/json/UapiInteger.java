package io.virtrig.client.json;

import com.google.gson.JsonElement;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.virtrig.uapi.Uapi;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.OptionalLong;

/**
 * The integers of the notation: a number, a decimal or {@code 0x} string, {@code $variable}, {@code
 * $variable+number}, a constant's name, or a list of these, OR-ed. A negative number wraps as in C
 * when the field is unsigned.
 */
final class UapiInteger {

  /** More decimal digits than any 64-bit number has. */
  private static final int TOO_MANY_DIGITS = 21;

  /** With so many digits, of which sign and prefix are some, no number exceeds a {@code long}. */
  private static final int SHORT = 17;

  private static final long UINT32_MAX = 0xffff_ffffL;

  private final String path;
  private final FieldDescriptor field;
  private final Variables variables;

  private UapiInteger(String path, FieldDescriptor field, Variables variables) {
    this.path = path;
    this.field = field;
    this.variables = variables;
  }

  /** The field's value, as its 64 bits; a 32-bit one is sign-extended. */
  static long parse(String path, FieldDescriptor field, JsonElement json, Variables variables) {
    return new UapiInteger(path, field, variables).bits(json);
  }

  private long bits(JsonElement json) {
    if (json.isJsonArray()) {
      long union = 0;
      for (JsonElement flag : json.getAsJsonArray()) {
        union |= bits(flag);
      }
      return union;
    }
    if (!(json instanceof JsonPrimitive)) {
      throw wrong("expected a number, got " + json);
    }
    JsonPrimitive primitive = json.getAsJsonPrimitive();
    if (primitive.isNumber()) {
      return number(primitive.getAsString());
    }
    if (primitive.isString()) {
      return word(primitive.getAsString());
    }
    throw wrong("expected a number, got " + json);
  }

  private long word(String word) {
    if (word.startsWith("$")) {
      return sum(word);
    }
    if (looksLikeNumber(word)) {
      return number(word);
    }
    OptionalLong ofField = FieldWords.value(field, word);
    if (ofField.isPresent()) {
      return fit(ofField.getAsLong());
    }
    long constant =
        Uapi.value(word)
            .orElseThrow(
                () -> wrong("\"" + word + "\" is neither a number nor a constant of the uAPI"));
    return fit(constant);
  }

  private long sum(String word) {
    int plus = word.indexOf('+');
    String name = word.substring(1, plus < 0 ? word.length() : plus);
    long base = variables.value(name).orElseThrow(() -> wrong("no variable $" + name));
    long offset = plus < 0 ? 0 : exact(word.substring(plus + 1)).longValue();
    return fit(base + offset);
  }

  private static boolean looksLikeNumber(String word) {
    int first = word.startsWith("-") ? 1 : 0;
    return first < word.length() && Character.isDigit(word.charAt(first));
  }

  /** Nearly all numbers are short, and need no arithmetic without bounds. */
  private long number(String text) {
    try {
      if (text.length() <= SHORT) {
        return fit(
            text.startsWith("0x")
                ? Long.parseLong(text, 2, text.length(), 16)
                : Long.parseLong(text));
      }
    } catch (NumberFormatException e) {
      // Perhaps an integer in another form, as 1e3.
    }
    return fit(exact(text));
  }

  private BigInteger exact(String text) {
    try {
      if (text.startsWith("0x")) {
        return new BigInteger(text.substring(2), 16);
      }
      BigDecimal decimal = new BigDecimal(text);
      if ((long) decimal.precision() - decimal.scale() > TOO_MANY_DIGITS) {
        throw wrong(text + " does not fit 64 bits");
      }
      return decimal.toBigIntegerExact();
    } catch (ArithmeticException | NumberFormatException e) {
      NotationException wrong = wrong("\"" + text + "\" is not an integer");
      wrong.initCause(e);
      throw wrong;
    }
  }

  private long fit(long value) {
    if (Scalars.width(field) == Long.SIZE) {
      return value;
    }
    if (value < Integer.MIN_VALUE || value > UINT32_MAX) {
      throw wrong(value + " does not fit 32 bits");
    }
    return (int) value;
  }

  private long fit(BigInteger value) {
    int width = Scalars.width(field);
    boolean fits = value.signum() < 0 ? value.bitLength() < width : value.bitLength() <= width;
    if (!fits) {
      throw wrong(value + " does not fit " + width + " bits");
    }
    return width == Integer.SIZE ? value.intValue() : value.longValue();
  }

  private NotationException wrong(String reason) {
    return new NotationException(path, reason);
  }
}
