package io.virtrig.daemon.execution;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in a message: names joined by ".", elements of a repeated field by their index. {@code
 * granu.addr_info.pasid}, {@code data[0]}.
 */
public final class FieldPath {
  private static final Pattern STEP = Pattern.compile("([a-z][a-z0-9_]*)(?:\\[([0-9]{1,4})])?");
  private static final int NO_INDEX = -1;

  /** A step into a message. Elements that are not there are refused under the name given. */
  private record Step(String name, int index) {

    FieldDescriptor in(Descriptor message) {
      FieldDescriptor field = message.findFieldByName(name);
      if (field == null) {
        throw new IllegalArgumentException(message.getName() + " has no \"" + name + "\"");
      }
      if (field.isRepeated() && index == NO_INDEX) {
        throw new IllegalArgumentException("\"" + name + "\" is repeated: which element?");
      }
      if (!field.isRepeated() && index != NO_INDEX) {
        throw new IllegalArgumentException("\"" + name + "\" is not repeated");
      }
      return field;
    }

    void within(int count) {
      if (index >= count) {
        throw new IllegalArgumentException(
            "\"" + name + "\" has " + count + " elements, none at " + index);
      }
    }
  }

  private final List<Step> steps = new ArrayList<>();

  private FieldPath() {}

  /**
   * Reads a path.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static FieldPath of(String text) {
    FieldPath path = new FieldPath();
    for (String part : text.split("\\.", -1)) {
      Matcher step = STEP.matcher(part);
      if (!step.matches()) {
        throw new IllegalArgumentException("\"" + text + "\" is no path of a field");
      }
      String index = step.group(2);
      path.steps.add(new Step(step.group(1), index == null ? NO_INDEX : Integer.parseInt(index)));
    }
    return path;
  }

  /**
   * The value there.
   *
   * @throws IllegalArgumentException when the message has no such place
   */
  Object get(Message message) {
    Object at = message;
    for (Step step : steps) {
      if (!(at instanceof Message holder)) {
        throw new IllegalArgumentException("what holds \"" + step.name + "\" has no fields");
      }
      FieldDescriptor field = step.in(holder.getDescriptorForType());
      if (field.isRepeated()) {
        step.within(holder.getRepeatedFieldCount(field));
        at = holder.getRepeatedField(field, step.index);
      } else {
        at = holder.getField(field);
      }
    }
    return at;
  }

  /**
   * Puts a value there.
   *
   * @throws IllegalArgumentException when the message has no such place, or one of another type
   */
  void set(Message.Builder message, Value value) {
    set(message, 0, value);
  }

  private void set(Message.Builder message, int depth, Value value) {
    Step step = steps.get(depth);
    FieldDescriptor field = step.in(message.getDescriptorForType());
    if (field.isRepeated()) {
      step.within(message.getRepeatedFieldCount(field));
      Object old = message.getRepeatedField(field, step.index);
      message.setRepeatedField(field, step.index, changed(field, old, depth, value));
    } else {
      message.setField(field, changed(field, message.getField(field), depth, value));
    }
  }

  private Object changed(FieldDescriptor field, Object old, int depth, Value value) {
    if (depth == steps.size() - 1) {
      return value.as(field);
    }
    if (field.getJavaType() != JavaType.MESSAGE) {
      throw new IllegalArgumentException("\"" + field.getName() + "\" has no fields of its own");
    }
    Message.Builder inner = ((Message) old).toBuilder();
    set(inner, depth + 1, value);
    return inner.build();
  }
}
