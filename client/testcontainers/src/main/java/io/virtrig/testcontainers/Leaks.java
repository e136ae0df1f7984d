package io.virtrig.testcontainers;

import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;
import java.util.ArrayList;
import java.util.List;

/**
 * What programs left behind on a host: descriptors that are still open, memory still mapped or
 * pinned, PASIDs not freed. A process that has exited leaves nothing: the kernel clears up after
 * it.
 */
final class Leaks {

  private Leaks() {}

  /** Those in a host's state, one a line. */
  static List<String> in(StateNode host) {
    List<String> leaks = new ArrayList<>();
    for (StateNode node : host.getChildrenList()) {
      if (node.getName().equals("process")) {
        ofProcess(node, leaks);
      }
      if (node.getName().equals("devices")) {
        for (StateNode pasids : children(node, "pasids")) {
          pasids.getChildrenList().forEach(pasid -> leaks.add(text(pasid)));
        }
      }
    }
    return leaks;
  }

  private static void ofProcess(StateNode process, List<String> leaks) {
    String owner = "pid " + process.getKey() + ": ";
    for (StateNode files : children(process, "files")) {
      files.getChildrenList().forEach(file -> leaks.add(owner + text(file) + " is open"));
    }
    for (StateNode memory : children(process, "memory")) {
      for (StateNode mapping : memory.getChildrenList()) {
        leaks.add(owner + text(mapping) + " is mapped");
      }
      for (StateField field : memory.getFieldsList()) {
        if (field.getName().equals("pinned_pages") && !field.getValue().equals("0")) {
          leaks.add(owner + field.getValue() + " pages are pinned");
        }
      }
    }
  }

  private static List<StateNode> children(StateNode node, String name) {
    return node.getChildrenList().stream().filter(child -> child.getName().equals(name)).toList();
  }

  private static String text(StateNode node) {
    StringBuilder text = new StringBuilder(node.getName());
    if (!node.getKey().isEmpty()) {
      text.append(' ').append(node.getKey());
    }
    for (StateField field : node.getFieldsList()) {
      text.append(' ').append(field.getName()).append('=').append(field.getValue());
    }
    return text.toString();
  }
}
