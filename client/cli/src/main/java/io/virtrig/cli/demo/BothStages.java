package io.virtrig.cli.demo;

import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;
import java.util.ArrayList;
import java.util.List;

/**
 * How requests get through the IOMMU, a line for each kind of them: the guest's stage, then the
 * host's.
 */
final class BothStages {

  /** Columns for the guest's stage, and for whose requests they are. */
  private static final int WIDTH = 36;

  private static final int NAME_WIDTH = 16;

  private final HostSpec spec;
  private final List<String> lines = new ArrayList<>();

  private BothStages(HostSpec spec) {
    this.spec = spec;
  }

  /** The lines; none while no device is attached. */
  static List<String> draw(HostSpec spec, StateNode state) {
    BothStages stages = new BothStages(spec);
    String host = stages.mappings(state);
    for (StateNode unit : children(child(child(state, "machine"), "iommu"), "unit")) {
      children(unit, "function").forEach(each -> stages.function(each, host));
      children(unit, "stream").forEach(each -> stages.stream(each, host));
    }
    return stages.lines;
  }

  /** VT-d: an entry of a PASID table each. */
  private void function(StateNode function, String host) {
    for (StateNode entry : children(function, "pasid")) {
      String who =
          device(function) + (entry.getKey().equals("0") ? "" : " PASID " + entry.getKey());
      if (field(entry, "type").equals("nested")) {
        line(
            who,
            field(entry, "levels") + " levels of the guest's at " + field(entry, "first_level"),
            host);
      } else {
        line(who, "", host);
      }
    }
  }

  /** An SMMU: a stream table entry each. */
  private void stream(StateNode stream, String host) {
    switch (field(stream, "stage1")) {
      case "TRANSLATE" ->
          line(device(stream), "the guest's, descriptor at " + field(stream, "contexts"), host);
      case "ABORT" -> lines.add(pad(device(stream)) + "──✕ every access aborts");
      default -> line(device(stream), "", host);
    }
  }

  private void line(String who, String guest, String host) {
    String first = guest.isEmpty() ? "─".repeat(WIDTH + 2) : " " + fill(guest) + " ";
    lines.add(pad(who) + "──" + first + "──▶ " + host);
  }

  private static String fill(String text) {
    return text + " ".repeat(Math.max(0, WIDTH - text.length()));
  }

  private static String pad(String name) {
    return name + " ".repeat(Math.max(1, NAME_WIDTH - name.length()));
  }

  /** What the host's stage maps: that of the first container which has one. */
  private String mappings(StateNode state) {
    List<StateNode> domains = new ArrayList<>();
    collect(state, domains);
    List<String> mapped = new ArrayList<>();
    if (!domains.isEmpty()) {
      for (StateNode mapping : children(domains.getFirst(), "mapping")) {
        mapped.add(mapping.getKey() + "…" + field(mapping, "last"));
      }
    }
    return mapped.isEmpty() ? "nothing is mapped" : "the host's, " + String.join(", ", mapped);
  }

  private static void collect(StateNode node, List<StateNode> domains) {
    for (StateNode child : node.getChildrenList()) {
      if (child.getName().equals("domain")) {
        domains.add(child);
      }
      collect(child, domains);
    }
  }

  /** The device behind a requester id, which is hexadecimal: bus in bits 15:8, devfn below. */
  private String device(StateNode source) {
    int id = Integer.parseInt(source.getKey(), 16);
    String address =
        String.format("%04x:%02x:%02x.%x", id >>> 16, id >>> 8 & 0xff, id >>> 3 & 0x1f, id & 7);
    for (DeviceSpec device : spec.getDevicesList()) {
      if (device.getBdf().equals(address)) {
        return device.getName();
      }
    }
    return address;
  }

  private static StateNode child(StateNode node, String name) {
    return children(node, name).stream().findFirst().orElse(StateNode.getDefaultInstance());
  }

  private static List<StateNode> children(StateNode node, String name) {
    return node.getChildrenList().stream().filter(each -> each.getName().equals(name)).toList();
  }

  private static String field(StateNode node, String name) {
    for (StateField field : node.getFieldsList()) {
      if (field.getName().equals(name)) {
        return field.getValue();
      }
    }
    return "";
  }
}
