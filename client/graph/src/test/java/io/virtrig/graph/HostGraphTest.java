package io.virtrig.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.virtrig.v1.DescribeHostResponse;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

class HostGraphTest {

  private static Node node(HostGraph graph, String title) {
    return graph.nodes().stream()
        .filter(node -> node.title().equals(title))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException(title + " in " + graph.nodes()));
  }

  private static List<Edge> edges(HostGraph graph, String from, String to) {
    String start = node(graph, from).id();
    String end = node(graph, to).id();
    return graph.edges().stream()
        .filter(edge -> edge.from().equals(start) && edge.to().equals(end))
        .toList();
  }

  @Test
  void anOpenFileIsDrawnAsWhatItLeadsTo() {
    HostGraph graph = HostGraph.of(Trees.passthrough(true));
    assertThat(edges(graph, "process 1", "VM 2"))
        .containsExactly(new Edge("process 1", "KvmVm#2", Relation.HOLDS, "fd 3"));
    assertThat(edges(graph, "process 1", "nic0")).extracting(Edge::label).containsExactly("fd 8");
    assertThat(edges(graph, "process 1", "group 7"))
        .extracting(Edge::label)
        .containsExactly("fd 7");
    assertThat(edges(graph, "container 10", "group 7")).hasSize(1);
    assertThat(edges(graph, "group 7", "nic0")).hasSize(1);
    assertThat(graph.nodes()).extracting(Node::title).doesNotContain("KvmVmFile 1");
  }

  @Test
  void anInterruptIsFollowedFromTheVectorToTheVm() {
    HostGraph graph = HostGraph.of(Trees.passthrough(true));
    assertThat(edges(graph, "nic0", "eventfd 20"))
        .extracting(Edge::label)
        .containsExactly("MSI-X 0");
    assertThat(edges(graph, "eventfd 20", "irqfd GSI 24")).hasSize(1);
    assertThat(edges(graph, "irqfd GSI 24", "VM 2"))
        .extracting(Edge::label)
        .containsExactly("GSI 24");
    assertThat(node(graph, "irqfd GSI 24").facts())
        .contains("MSI, vector 0x41", "taken 5, of these posted 5");
    assertThat(edges(graph, "VM 2", "ioeventfd MMIO 0xfe003000")).hasSize(1);
    assertThat(edges(graph, "ioeventfd MMIO 0xfe003000", "eventfd 21")).hasSize(1);
  }

  @Test
  void aBypassSaysWhetherItIsPosted() {
    assertThat(edges(HostGraph.of(Trees.passthrough(true)), "nic0", "irqfd GSI 24"))
        .extracting(Edge::relation, Edge::label)
        .containsExactly(tuple(Relation.POSTED, "MSI-X 0, posted"));
    assertThat(edges(HostGraph.of(Trees.passthrough(false)), "nic0", "irqfd GSI 24"))
        .extracting(Edge::relation, Edge::label)
        .containsExactly(tuple(Relation.BYPASS, "MSI-X 0, not posted"));
  }

  @Test
  void producersAndConsumersOfUnknownKindsStandForThemselves() {
    HostGraph graph =
        HostGraph.of(
            Trees.host(
                Trees.node(
                    "irqbypass",
                    "",
                    Trees.node(
                        "producer", "EventFd#5", "interrupt=vq 1", "connected=1", "posting=0"),
                    Trees.node("consumer", "EventFd#5", "sink=x", "connected=1"))));
    assertThat(edges(graph, "producer vq 1", "consumer x")).hasSize(1);
  }

  @Test
  void factsAreInUnitsForPeople() {
    HostGraph graph = HostGraph.of(Trees.passthrough(true));
    assertThat(node(graph, "container 10").facts()).containsExactly("type1 v2", "1 mapping, 1 GiB");
    assertThat(node(graph, "VM 2").facts()).contains("slot 0 at 0x0, 1 GiB", "1 GSI route");
    assertThat(node(graph, "nic0").facts())
        .containsExactly("0000:3b:00.0", "bus master", "driver vfio-pci");
    assertThat(node(graph, "intel-vtd").facts()).contains("48-bit addresses", "posted interrupts");
    assertThat(Amount.bytes(0)).isEqualTo("0 bytes");
    assertThat(Amount.bytes(4096)).isEqualTo("4 KiB");
    assertThat(Amount.bytes(0x3fff_ffffL)).isEqualTo("1024.0 MiB");
    assertThat(Amount.bytes(-4096)).isEqualTo("16.0 EiB");
  }

  @Test
  void whatIsUnknownAndNothingButZerosIsLeftOut() {
    HostGraph graph =
        HostGraph.of(
            Trees.host(
                Trees.node("quiet", "", "a=0", "b=0"),
                Trees.node("counting", "", "a=0", "b=1"),
                Trees.node("parent", "", List.of("a=0"), Trees.node("part", "", "b=0"))));
    assertThat(graph.nodes()).extracting(Node::title).containsExactly("counting", "parent");
  }

  @Test
  void unknownKindsAreDrawnAndTheirReferencesFollowed() {
    HostGraph graph =
        HostGraph.of(
            Trees.host(
                Trees.node(
                    "process",
                    "1",
                    Trees.node(
                        "files",
                        "",
                        Trees.node(
                            "fd 3",
                            "VhostVdpa#4",
                            List.of("status=0x7", "call=EventFd#5"),
                            Trees.node("queue", "0", "backend=NewThing#6")),
                        Trees.node("fd 4", "NewThing#6", "a=1"),
                        Trees.node(
                            "fd 5",
                            "EventFdFile#7",
                            List.of(),
                            Trees.node("context", "EventFd#5", "count=2")))),
                Trees.node("novelty", "x", "colour=blue")));
    assertThat(node(graph, "VhostVdpa 4").facts()).containsExactly("status 0x7");
    assertThat(edges(graph, "VhostVdpa 4", "eventfd 5"))
        .extracting(Edge::label)
        .containsExactly("call");
    assertThat(edges(graph, "VhostVdpa 4", "NewThing 6"))
        .extracting(Edge::label)
        .containsExactly("backend");
    assertThat(node(graph, "novelty x").facts()).containsExactly("colour blue");
  }

  @Test
  void aReferenceToWhatTheTreeDoesNotHoldIsDrawnToo() {
    HostGraph graph =
        HostGraph.of(
            Trees.host(
                Trees.node(
                    "process", "1", Trees.node("files", "", "fd 3=KvmVmFile#9", "fd 4=X#1"))));
    assertThat(graph.nodes()).extracting(Node::title).contains("KvmVmFile 9", "X 1");
  }

  @Test
  void severalDescriptorsOfOneFileAreOneEdge() {
    HostGraph graph =
        HostGraph.of(
            Trees.host(
                Trees.node(
                    "process",
                    "1",
                    Trees.node(
                        "files",
                        "",
                        List.of("fd 4=Kvm#1", "fd 5=Kvm#1"),
                        Trees.node("fd 3", "Kvm#1", List.of())))));
    assertThat(edges(graph, "process 1", "/dev/kvm")).hasSize(1);
    assertThat(edges(graph, "process 1", "/dev/kvm").getFirst().label())
        .matches("fd \\d, \\d, \\d");
  }

  @Test
  void anEmptyHostIsAGraphWithoutNodes() {
    HostGraph graph = HostGraph.of(DescribeHostResponse.getDefaultInstance());
    assertThat(graph.nodes()).isEmpty();
    assertThat(SvgPicture.draw(graph)).contains("</svg>");
    assertThat(TextPicture.draw(graph)).isNotNull();
  }
}
