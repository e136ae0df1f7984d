package io.virtrig.cli;

import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;
import java.util.Iterator;
import java.util.stream.Collectors;

/** A host's state, or a part of it, drawn as a tree. */
public final class StateTree {

  private final StringBuilder text = new StringBuilder();

  private StateTree() {}

  /** The tree as text, a node a line. */
  public static String draw(StateNode root) {
    StateTree tree = new StateTree();
    tree.text.append(label(root)).append('\n');
    tree.children(root, "");
    return tree.text.toString();
  }

  private void children(StateNode node, String indent) {
    Iterator<StateNode> children = node.getChildrenList().iterator();
    while (children.hasNext()) {
      StateNode child = children.next();
      boolean last = !children.hasNext();
      text.append(indent).append(last ? "└─ " : "├─ ").append(label(child)).append('\n');
      children(child, indent + (last ? "   " : "│  "));
    }
  }

  private static String label(StateNode node) {
    String key = node.getKey().isEmpty() ? "" : " " + node.getKey();
    String fields =
        node.getFieldsList().stream().map(StateTree::text).collect(Collectors.joining());
    return node.getName() + key + fields;
  }

  private static String text(StateField field) {
    return "  " + field.getName() + "=" + field.getValue();
  }
}
