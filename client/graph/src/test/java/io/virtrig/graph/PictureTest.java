package io.virtrig.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class PictureTest {

  private static final HostGraph GRAPH = HostGraph.of(Trees.passthrough(true));

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  private static List<Element> groups(Document svg, String style) {
    List<Element> groups = new ArrayList<>();
    NodeList all = svg.getElementsByTagName("g");
    for (int i = 0; i < all.getLength(); i++) {
      Element group = (Element) all.item(i);
      if (group.getAttribute("class").startsWith(style + " ")) {
        groups.add(group);
      }
    }
    return groups;
  }

  private static List<String> texts(Document svg) {
    List<String> texts = new ArrayList<>();
    NodeList all = svg.getElementsByTagName("text");
    for (int i = 0; i < all.getLength(); i++) {
      texts.add(all.item(i).getTextContent());
    }
    return texts;
  }

  @Test
  void theDrawingHoldsEveryNodeFactAndEdge() throws Exception {
    Document svg = parse(SvgPicture.draw(GRAPH));
    long kinds = GRAPH.nodes().stream().map(Node::kind).distinct().count();
    long relations = GRAPH.edges().stream().map(Edge::relation).distinct().count();
    assertThat(groups(svg, "node")).hasSize((int) (GRAPH.nodes().size() + kinds));
    assertThat(groups(svg, "edge")).hasSize((int) (GRAPH.edges().size() + relations));
    List<String> texts = texts(svg);
    for (Node node : GRAPH.nodes()) {
      assertThat(texts).contains(node.title()).containsAll(node.facts());
    }
    for (Edge edge : GRAPH.edges()) {
      assertThat(edge.label())
          .satisfiesAnyOf(l -> assertThat(l).isEmpty(), l -> assertThat(texts).contains(l));
    }
  }

  @Test
  void boxesDoNotOverlap() throws Exception {
    List<double[]> boxes = new ArrayList<>();
    for (Element group : groups(parse(SvgPicture.draw(GRAPH)), "node")) {
      Element box = (Element) group.getElementsByTagName("rect").item(0);
      double x = Double.parseDouble(box.getAttribute("x"));
      double y = Double.parseDouble(box.getAttribute("y"));
      boxes.add(
          new double[] {
            x,
            y,
            x + Double.parseDouble(box.getAttribute("width")),
            y + Double.parseDouble(box.getAttribute("height"))
          });
    }
    for (int i = 0; i < boxes.size(); i++) {
      for (double[] other : boxes.subList(0, i)) {
        double[] box = boxes.get(i);
        assertThat(box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])
            .isFalse();
      }
    }
  }

  @Test
  void textIsEscaped() throws Exception {
    String name = "<&\">'\u0001";
    HostGraph graph =
        new HostGraph(
            name,
            name,
            List.of(
                new Node("a", Kind.OTHER, name, List.of(name)),
                new Node("b", Kind.OTHER, "b", List.of())),
            List.of(new Edge("a", "b", Relation.USES, name), new Edge("b", "a", Relation.DMA, "")));
    assertThat(texts(parse(SvgPicture.draw(graph)))).contains("<&\">'\ufffd");
    assertThat(DotPicture.draw(graph)).contains("<&\\\">'");
    assertThat(TextPicture.draw(graph)).doesNotContain("\u0001");
  }

  @Test
  void equalStatesAreDrawnEqually() {
    HostGraph again = HostGraph.of(Trees.passthrough(true));
    assertThat(again).isEqualTo(GRAPH);
    assertThat(SvgPicture.draw(again)).isEqualTo(SvgPicture.draw(GRAPH));
    assertThat(DotPicture.draw(again)).isEqualTo(DotPicture.draw(GRAPH));
    assertThat(TextPicture.draw(again)).isEqualTo(TextPicture.draw(GRAPH));
  }

  @Test
  void dotHasAStatementForEveryNodeAndEdge() {
    String string = "\"(?:[^\"\\\\]|\\\\.)*\"";
    Pattern node = Pattern.compile("    n\\d+ \\[label=" + string + "\\];");
    Pattern edge = Pattern.compile("  n\\d+ -> n\\d+ \\[label=" + string + "(, \\w+=[^,]+)+\\];");
    List<String> lines = DotPicture.draw(GRAPH).lines().toList();
    assertThat(lines.getFirst()).isEqualTo("digraph host {");
    assertThat(lines.getLast()).isEqualTo("}");
    assertThat(lines.stream().filter(line -> node.matcher(line).matches()))
        .hasSize(GRAPH.nodes().size());
    assertThat(lines.stream().filter(line -> edge.matcher(line).matches()))
        .hasSize(GRAPH.edges().size());
  }

  @Test
  void theTextShowsWhoIsConnectedToWhom() {
    assertThat(TextPicture.draw(GRAPH))
        .contains("├─ fd 3 → VM 2")
        .contains("← GSI 24 ─ irqfd GSI 24")
        .contains("⇐ irqbypass, MSI-X 0, posted ─ nic0")
        .contains("MSI-X 0 → eventfd 20")
        .contains("DMA → intel-vtd");
    for (Node node : GRAPH.nodes()) {
      assertThat(TextPicture.draw(GRAPH)).contains(node.title());
    }
  }

  @Test
  void theTextFitsAHundredColumns() {
    List<String> facts =
        List.of("a fact ".repeat(9).strip(), "x".repeat(200), "another ".repeat(8));
    List<Node> nodes = new ArrayList<>();
    List<Edge> edges = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      nodes.add(new Node("n" + i, Kind.OTHER, "node " + i, facts));
      edges.add(new Edge("n" + i, "n" + (i + 1), Relation.SIGNALS, "label"));
    }
    nodes.add(new Node("n60", Kind.OTHER, "t".repeat(150), List.of()));
    String text = TextPicture.draw(new HostGraph("h", "s".repeat(120), nodes, edges));
    assertThat(text.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
  }

  @Test
  @Timeout(20)
  void aLargeHostIsDrawn() {
    HostGraph crowd = HostGraph.of(Trees.crowd(500));
    assertThat(crowd.nodes()).hasSize(1000);
    assertThat(SvgPicture.draw(crowd)).contains("process 500");
    assertThat(TextPicture.draw(crowd)).contains("process 500");
  }
}
