package io.virtrig.graph;

import io.virtrig.v1.StateNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The objects of a state tree that several others may refer to, and which node of the picture each
 * is drawn as. An open file that only leads to one object is drawn as that object.
 */
final class SharedObjects {

  /** Children whose key is the eventfd that they are found by, not their own identity. */
  private static final Set<String> KEYED_BY_EVENTFD = Set.of("irqfd", "producer", "consumer");

  /** Which reference of an open file is what it leads to. */
  private static final Map<String, String> LEADS_TO =
      Map.of(
          "KvmVmFile", "vm",
          "KvmVcpuFile", "vcpu",
          "VfioGroupFile", "group",
          "VfioDeviceFile", "device",
          "EventFdFile", "context");

  private final Map<String, StateNode> definitions = new LinkedHashMap<>();

  SharedObjects(StateNode root) {
    collect(root);
  }

  /** Whether the node is the definition of a shared object. */
  static boolean isDefinition(StateNode node) {
    return StateObject.isIdentity(node.getKey()) && !KEYED_BY_EVENTFD.contains(node.getName());
  }

  private void collect(StateNode node) {
    if (isDefinition(node)) {
      definitions.putIfAbsent(node.getKey(), node);
    }
    node.getChildrenList().forEach(this::collect);
  }

  /** The object's state; empty when the tree does not hold it. */
  StateObject definition(String identity) {
    return new StateObject(definitions.getOrDefault(identity, StateNode.getDefaultInstance()));
  }

  /** The id of the node that an object is drawn as. */
  String drawnAs(String identity) {
    String kind = StateObject.kind(identity);
    StateObject object = definition(identity);
    if (kind.equals("VfioPciDevice") && !object.field("function").isEmpty()) {
      return deviceId(object.field("function"));
    }
    String reference = LEADS_TO.get(kind);
    if (reference == null) {
      return identity;
    }
    String target = object.field(reference);
    if (target.isEmpty()) {
      target = object.child(reference).node().getKey();
    }
    return StateObject.isIdentity(target) ? drawnAs(target) : identity;
  }

  /** The object of a kind with that value in a field. */
  Optional<String> find(String kind, String field, String value) {
    return definitions.keySet().stream()
        .filter(identity -> StateObject.kind(identity).equals(kind))
        .filter(identity -> definition(identity).field(field).equals(value))
        .findFirst();
  }

  /** The id of a device's node, by the device's name. */
  static String deviceId(String name) {
    return "device " + name;
  }
}
