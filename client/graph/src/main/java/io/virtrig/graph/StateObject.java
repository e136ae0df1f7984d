package io.virtrig.graph;

import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;
import java.util.List;
import java.util.regex.Pattern;

/** A node of the state tree, by the names of its fields and children. */
record StateObject(StateNode node) {

  private static final Pattern IDENTITY = Pattern.compile("[A-Za-z]\\w*#[0-9]+");

  /** Whether a key or a field's value is the identity of an object. */
  static boolean isIdentity(String text) {
    return IDENTITY.matcher(text).matches();
  }

  /** What is to the left of the number of an identity. */
  static String kind(String identity) {
    return identity.substring(0, identity.indexOf('#'));
  }

  /** What is to the right. */
  static String number(String identity) {
    return identity.substring(identity.indexOf('#') + 1);
  }

  /** A field's value; empty when there is none of that name. */
  String field(String name) {
    for (StateField field : node.getFieldsList()) {
      if (field.getName().equals(name)) {
        return field.getValue();
      }
    }
    return "";
  }

  /** Whether nothing is in it but zeros. */
  boolean isBlank() {
    return node.getChildrenCount() == 0
        && node.getFieldsList().stream()
            .allMatch(field -> field.getValue().isEmpty() || field.getValue().equals("0"));
  }

  boolean isSet(String name) {
    return field(name).equals("1");
  }

  /** A field's number, decimal or hexadecimal; 0 when it is none. */
  long number64(String name) {
    String value = field(name);
    try {
      return value.startsWith("0x")
          ? Long.parseUnsignedLong(value.substring(2), 16)
          : Long.parseLong(value);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  List<StateObject> children(String name) {
    return node.getChildrenList().stream()
        .filter(child -> child.getName().equals(name))
        .map(StateObject::new)
        .toList();
  }

  /** The first child of that name; one without content when there is none. */
  StateObject child(String name) {
    return children(name).stream()
        .findFirst()
        .orElseGet(() -> new StateObject(StateNode.getDefaultInstance()));
  }
}
