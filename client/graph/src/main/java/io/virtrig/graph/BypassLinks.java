package io.virtrig.graph;

import java.util.List;

/** The joints that irqbypass made: a device's interrupt tied to a VM's irqfd by their eventfd. */
final class BypassLinks {

  private final GraphBuilder graph;

  BypassLinks(GraphBuilder graph) {
    this.graph = graph;
  }

  /** The id of a VM's irqfd. */
  static String irqfdId(String vm, String eventfd) {
    return "irqfd " + eventfd + " of " + vm;
  }

  /** Draws each pair, and each producer or consumer that nothing else in the picture stands for. */
  void add(StateObject irqbypass) {
    for (StateObject producer : irqbypass.children("producer")) {
      String from = producer(producer);
      if (!producer.isSet("connected")) {
        continue;
      }
      boolean posted = producer.isSet("posting");
      for (StateObject consumer : irqbypass.children("consumer")) {
        if (consumer.node().getKey().equals(producer.node().getKey())
            && consumer.isSet("connected")) {
          graph.edge(
              from,
              consumer(consumer),
              posted ? Relation.POSTED : Relation.BYPASS,
              vector(from, producer) + (posted ? "posted" : "not posted"));
        }
      }
    }
    irqbypass.children("consumer").forEach(this::consumer);
  }

  /**
   * The device that signals the producer's eventfd; of several the one the producer is named by.
   */
  private String producer(StateObject producer) {
    String name = producer.field("interrupt");
    List<String> signallers =
        graph.signallers(producer.node().getKey()).stream()
            .filter(id -> graph.kind(id) == Kind.DEVICE)
            .toList();
    return signallers.stream()
        .filter(id -> name.startsWith(id.substring(SharedObjects.deviceId("").length()) + " "))
        .findFirst()
        .or(() -> signallers.stream().findFirst())
        .orElseGet(() -> lone("producer", name, producer));
  }

  /** Which of the device's interrupts it is, as its edge to the eventfd says. */
  private String vector(String device, StateObject producer) {
    String label = graph.label(device, producer.node().getKey(), Relation.SIGNALS);
    return label.isEmpty() ? "" : label + ", ";
  }

  private String consumer(StateObject consumer) {
    String eventfd = consumer.node().getKey();
    return graph
        .irqfdOf(eventfd)
        .orElseGet(() -> lone("consumer", consumer.field("sink"), consumer));
  }

  private String lone(String role, String name, StateObject object) {
    String eventfd = object.node().getKey();
    String id = role + " " + eventfd;
    graph.node(id, Kind.OTHER, role + " " + name, List.of("irqbypass"));
    if (graph.has(eventfd)) {
      boolean producer = role.equals("producer");
      graph.edge(producer ? id : eventfd, producer ? eventfd : id, Relation.SIGNALS, "");
    }
    return id;
  }
}
