package io.virtrig.testcontainers;

import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;

/** A host's state as text, a node a line. */
final class StateText {

  private StateText() {}

  static String of(StateNode node) {
    StringBuilder text = new StringBuilder();
    append(node, "", text);
    return text.toString();
  }

  private static void append(StateNode node, String indent, StringBuilder text) {
    text.append(indent).append(node.getName());
    if (!node.getKey().isEmpty()) {
      text.append(' ').append(node.getKey());
    }
    for (StateField field : node.getFieldsList()) {
      text.append("  ").append(field.getName()).append('=').append(field.getValue());
    }
    text.append('\n');
    for (StateNode child : node.getChildrenList()) {
      append(child, indent + "  ", text);
    }
  }
}
