package io.virtrig.graph;

import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the graph of a state tree. What has an identity, and what stands on the top level, becomes
 * a node; children without an identity belong to the node that holds them. An object or a reference
 * that is not known here is drawn all the same, with its plain fields and by its field's name,
 * unless nothing has happened to it yet.
 */
final class HostGraphReader {

  /** Parts of the tree that only hold others. */
  private static final Set<String> ROOMS = Set.of("devices", "machine", "pasids");

  private static final String IOMMU = "iommu";

  private final HostSpec spec;
  private final StateNode root;
  private final SharedObjects objects;
  private final GraphBuilder graph = new GraphBuilder();

  private HostGraphReader(DescribeHostResponse host) {
    spec = host.getHost().getSpec();
    root = host.getState();
    objects = new SharedObjects(root);
  }

  static HostGraph read(DescribeHostResponse host) {
    HostGraphReader reader = new HostGraphReader(host);
    reader.content(reader.root, null);
    new BypassLinks(reader.graph).add(new StateObject(reader.root).child("irqbypass"));
    reader.hardware();
    return reader.graph.build(host.getHost().getName(), reader.subtitle());
  }

  /** Draws what a node holds; {@code owner} is the node of the picture that it belongs to. */
  private void content(StateNode node, @Nullable String owner) {
    for (StateField field : node.getFieldsList()) {
      if (owner != null && StateObject.isIdentity(field.getValue())) {
        refer(owner, node.getName(), field.getName(), field.getValue());
      }
    }
    for (StateNode child : node.getChildrenList()) {
      if (SharedObjects.isDefinition(child)) {
        if (owner != null) {
          refer(owner, node.getName(), child.getName(), child.getKey());
        }
        content(child, shared(child.getKey()));
      } else if (owner == null) {
        room(child);
      } else {
        part(child, owner);
      }
    }
  }

  /** Something that stands on the top level or in a room of it. */
  private void room(StateNode node) {
    StateObject object = new StateObject(node);
    switch (node.getName()) {
      case "process" -> {
        String id = processId(node.getKey());
        graph.node(id, Kind.PROCESS, "process " + node.getKey(), Facts.process(object));
        content(node, id);
      }
      case "function" -> content(node, device(node.getKey(), Facts.device(object)));
      case "mm" -> {
        String id = "pasids " + node.getKey();
        String title = "PASIDs of process " + node.getKey();
        graph.node(id, Kind.PASIDS, title, Facts.fields(object.child("set")));
        if (graph.has(processId(node.getKey()))) {
          graph.edge(processId(node.getKey()), id, Relation.USES, "");
        }
        content(node, id);
      }
      case "interface" -> device(node.getKey(), List.of("part of a function"));
      case "irqbypass", "memory", "iommu_core", IOMMU -> {}
      default -> {
        if (ROOMS.contains(node.getName())) {
          content(node, null);
          return;
        }
        if (object.isBlank()) {
          return;
        }
        String id = (node.getName() + " " + node.getKey()).strip();
        graph.node(id, Kind.OTHER, id, Facts.fields(object));
        content(node, id);
      }
    }
  }

  /** Something without an identity that belongs to a node; some are worth a node of their own. */
  private void part(StateNode node, String owner) {
    StateObject object = new StateObject(node);
    switch (node.getName()) {
      case "irqfd" -> {
        String id = BypassLinks.irqfdId(owner, node.getKey());
        String gsi = object.field("gsi");
        graph.node(id, Kind.IRQFD, "irqfd GSI " + gsi, Facts.irqfd(objects.definition(owner), gsi));
        graph.edge(id, owner, Relation.SIGNALS, "GSI " + gsi);
        content(node, id);
      }
      case "ioeventfd" -> {
        String place = object.field("bus") + " " + object.field("addr");
        String id = unused("ioeventfd " + place + " of " + owner);
        graph.node(id, Kind.IOEVENTFD, "ioeventfd " + place, Facts.ioeventfd(object));
        graph.edge(owner, id, Relation.SIGNALS, "");
        content(node, id);
      }
      default -> content(node, owner);
    }
  }

  /** Several ioeventfds may have one address: all but the first get a number. */
  private String unused(String id) {
    String unused = id;
    for (int number = 2; graph.has(unused); number++) {
      unused = id + " " + number;
    }
    return unused;
  }

  /** The node of an object with an identity, made when it is met first. */
  private String shared(String identity) {
    String id = objects.drawnAs(identity);
    if (graph.has(id)) {
      return id;
    }
    if (!StateObject.isIdentity(id)) {
      return device(id.substring(SharedObjects.deviceId("").length()), functionFacts(id));
    }
    StateObject object = objects.definition(id);
    String number = StateObject.number(id);
    switch (StateObject.kind(id)) {
      case "KvmVm" -> graph.node(id, Kind.VM, "VM " + number, Facts.vm(object));
      case "KvmVcpu" ->
          graph.node(id, Kind.VCPU, "vCPU " + object.field("vcpu_id"), Facts.vcpu(object));
      case "VfioContainer" ->
          graph.node(id, Kind.CONTAINER, "container " + number, Facts.container(object));
      case "VfioGroup" ->
          graph.node(id, Kind.GROUP, "group " + object.field("number"), Facts.group(object));
      case "EventFd" -> graph.node(id, Kind.EVENTFD, "eventfd " + number, Facts.eventfd(object));
      case "Kvm" -> graph.node(id, Kind.OTHER, "/dev/kvm", List.of());
      default ->
          graph.node(id, Kind.OTHER, StateObject.kind(id) + " " + number, Facts.fields(object));
    }
    return id;
  }

  private List<String> functionFacts(String id) {
    for (StateObject function : new StateObject(root).child("machine").children("function")) {
      if (SharedObjects.deviceId(function.node().getKey()).equals(id)) {
        return Facts.device(function);
      }
    }
    return List.of();
  }

  private String device(String name, List<String> state) {
    List<String> facts = new ArrayList<>(state);
    for (DeviceSpec device : spec.getDevicesList()) {
      if (device.getName().equals(name) && !device.getDriver().isEmpty()) {
        facts.add("driver " + device.getDriver());
      }
    }
    String id = SharedObjects.deviceId(name);
    graph.node(id, Kind.DEVICE, name, facts);
    return id;
  }

  /**
   * Draws a reference.
   *
   * @param owner the node that refers
   * @param within the part of it that the reference was found in
   * @param name what the reference is called there
   */
  private void refer(String owner, String within, String name, String identity) {
    String target = shared(identity);
    Kind from = graph.kind(owner);
    Kind to = graph.kind(target);
    if (from == Kind.PROCESS) {
      graph.edge(owner, target, Relation.HOLDS, name.startsWith("fd ") ? name : "mmap");
    } else if (to == Kind.EVENTFD) {
      signal(owner, within, name, target);
    } else if (isToldByTheOther(from, to)) {
      return;
    } else {
      graph.edge(owner, target, Relation.USES, from == Kind.OTHER && to == Kind.OTHER ? name : "");
    }
  }

  /** The VM names its vCPUs, the container its groups. */
  private static boolean isToldByTheOther(@Nullable Kind from, @Nullable Kind to) {
    return to == Kind.VM
        ? from == Kind.VCPU || from == Kind.IRQFD
        : to == Kind.CONTAINER && from == Kind.GROUP;
  }

  private void signal(String owner, String within, String name, String eventfd) {
    Kind from = graph.kind(owner);
    if (from == Kind.IRQFD && name.equals("eventfd")) {
      graph.edge(eventfd, owner, Relation.SIGNALS, "");
    } else if (name.equals("unmask")) {
      graph.edge(eventfd, owner, Relation.SIGNALS, "unmask INTx");
    } else if (from == Kind.IRQFD || from == Kind.IOEVENTFD) {
      graph.edge(owner, eventfd, Relation.SIGNALS, name.equals("resamplefd") ? "resample" : "");
    } else {
      graph.edge(owner, eventfd, Relation.SIGNALS, interrupt(within, name));
    }
  }

  private static String interrupt(String within, String name) {
    String vector = name.replace("vector ", "");
    return switch (within) {
      case "msix" -> "MSI-X " + vector;
      case "msi" -> "MSI " + vector;
      case "intx" -> "INTx";
      default -> name;
    };
  }

  /** What the specification knows beyond the state: the IOMMU, and the groups of all devices. */
  private void hardware() {
    String model = spec.getIommu().getModel();
    boolean translates = !model.isEmpty() && !model.equals("none");
    if (translates) {
      graph.node(IOMMU, Kind.IOMMU, model, Facts.iommu(spec.getIommu()));
    }
    for (DeviceSpec device : spec.getDevicesList()) {
      String id = SharedObjects.deviceId(device.getName());
      if (!device.hasGroup() || !graph.has(id)) {
        continue;
      }
      groupOf(device).ifPresent(group -> graph.edge(group, id, Relation.USES, ""));
      if (translates) {
        graph.edge(id, IOMMU, Relation.DMA, "");
      }
    }
  }

  private Optional<String> groupOf(DeviceSpec device) {
    return objects
        .find("VfioGroup", "number", Integer.toUnsignedString(device.getGroup()))
        .filter(graph::has);
  }

  private String subtitle() {
    List<String> parts = new ArrayList<>();
    parts.add((spec.getArch() + " " + spec.getCpu()).strip());
    parts.add(spec.getKernel().getUapi());
    long frames = new StateObject(root).child("machine").child("memory").number64("used_frames");
    parts.add(frames == 0 ? "" : Amount.pages(frames) + " in use");
    parts.removeIf(String::isEmpty);
    return String.join(", ", parts);
  }

  private static String processId(String pid) {
    return "process " + pid;
  }
}
