package io.virtrig.graph;

/**
 * How much room text takes, without a font at hand: estimates that are on the wide side for the
 * fonts that the drawing asks for.
 */
final class TextExtent {

  private static final double PADDING = 12;
  private static final double NAME_LETTER = 8.4;
  private static final double FACT_LETTER = 6.7;
  private static final double LABEL_LETTER = 6.4;
  private static final double NAME_LINE = 28;

  /** The height of a line of facts. */
  static final double FACT_LINE = 15;

  private TextExtent() {}

  /** The width of a node's box. */
  static double width(Node node) {
    double widest = node.title().length() * NAME_LETTER;
    for (String fact : node.facts()) {
      widest = Math.max(widest, fact.length() * FACT_LETTER);
    }
    return widest + 2 * PADDING;
  }

  /** The least height of a node's box. */
  static double height(Node node) {
    return NAME_LINE + (node.facts().isEmpty() ? 0 : FACT_LINE * node.facts().size() + 5);
  }

  static double label(String text) {
    return text.length() * LABEL_LETTER;
  }
}
