package io.virtrig.graph;

/** Writes the elements of an SVG document. All text is escaped; all numbers have one form. */
final class SvgText {

  private static final String STYLE =
      """
      text { font-family: 'DejaVu Sans', Verdana, 'Segoe UI', system-ui, sans-serif; fill: #1f2933; }
      .page { fill: #ffffff; }
      .title { font-size: 20px; font-weight: bold; }
      .subtitle { font-size: 13px; fill: #52606d; }
      .name { font-size: 13px; font-weight: bold; }
      .fact { font-size: 11px; fill: #3e4c59; }
      .legend { font-size: 11.5px; fill: #3e4c59; }
      .label { font-size: 10.5px; }
      .end { text-anchor: end; }
      .node rect { stroke-width: 1.4; fill: #f5f7fa; stroke: #7b8794; }
      .process rect { fill: #e0e8f9; stroke: #2f5fc4; }
      .vm rect { fill: #dff5e8; stroke: #1d8a4e; }
      .vcpu rect { fill: #effaf3; stroke: #1d8a4e; }
      .container rect { fill: #fdf0d5; stroke: #b7791f; }
      .group rect { fill: #fef8ea; stroke: #b7791f; }
      .irqfd rect, .ioeventfd rect { fill: #e3f4fb; stroke: #1786b3; }
      .eventfd rect { fill: #d3ecf7; stroke: #1786b3; }
      .device rect { fill: #fbe3e4; stroke: #c03d45; }
      .iommu rect { fill: #efe5fa; stroke: #7a3fc0; }
      .edge path { fill: none; stroke-width: 1.4; }
      .edge polygon { stroke: none; }
      .holds path { stroke: #9aa5b1; }
      .holds polygon { fill: #9aa5b1; }
      .uses path { stroke: #52606d; }
      .uses polygon { fill: #52606d; }
      .signals path { stroke: #1786b3; stroke-width: 1.8; }
      .signals polygon { fill: #1786b3; }
      .bypass path { stroke: #d9822b; stroke-width: 2.2; stroke-dasharray: 7 4; }
      .bypass polygon { fill: #d9822b; }
      .posted path { stroke: #1d8a4e; stroke-width: 3; }
      .posted polygon { fill: #1d8a4e; }
      .dma path { stroke: #7a3fc0; stroke-dasharray: 2 4; }
      .dma polygon { fill: #7a3fc0; }
      text.holds { fill: #616e7c; }
      text.signals { fill: #0f6488; }
      text.bypass { fill: #a85b10; font-weight: bold; }
      text.posted { fill: #14683a; font-weight: bold; }
      @media (prefers-color-scheme: dark) {
        text { fill: #f0f4f8; }
        .page { fill: #16191d; }
        .subtitle, .fact, .legend { fill: #c3cdd8; }
        .node rect { fill: #252b32; }
        .process rect { fill: #1c2b4d; }
        .vm rect { fill: #12372a; }
        .vcpu rect { fill: #17302a; }
        .container rect { fill: #3f3113; }
        .group rect { fill: #332b19; }
        .irqfd rect, .ioeventfd rect { fill: #10303d; }
        .eventfd rect { fill: #0d3a4c; }
        .device rect { fill: #43191d; }
        .iommu rect { fill: #2e1c47; }
        .holds path { stroke: #66717d; }
        .holds polygon { fill: #66717d; }
        .uses path { stroke: #aab5c0; }
        .uses polygon { fill: #aab5c0; }
        text.holds { fill: #aab5c0; }
        text.signals { fill: #6cc4e8; }
        text.bypass { fill: #f0a860; }
        text.posted { fill: #5fd197; }
      }
      """;

  private final StringBuilder svg = new StringBuilder();

  void open(double width, double height, String title) {
    svg.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    String w = number(width);
    String h = number(height);
    svg.append(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"%s\" height=\"%s\""
            .formatted(w, h));
    svg.append(" viewBox=\"0 0 %s %s\">\n".formatted(w, h));
    svg.append("<title>").append(escaped(title)).append("</title>\n");
    svg.append("<style>\n").append(STYLE).append("</style>\n");
    svg.append("<rect class=\"page\" width=\"%s\" height=\"%s\"/>\n".formatted(w, h));
  }

  /** Begins a group with a text that browsers show where the pointer rests. */
  void begin(String style, String tip) {
    svg.append("<g class=\"%s\"><title>%s</title>\n".formatted(style, escaped(tip)));
  }

  void end() {
    svg.append("</g>\n");
  }

  void box(double x, double y, double width, double height) {
    svg.append(
        "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"6\"/>\n"
            .formatted(number(x), number(y), number(width), number(height)));
  }

  void text(String style, double x, double y, String text) {
    svg.append(
        "<text class=\"%s\" x=\"%s\" y=\"%s\">%s</text>\n"
            .formatted(style, number(x), number(y), escaped(text)));
  }

  /** A line with an arrowhead of a length, whose sign says where it points. */
  void edge(String style, String tip, String path, double tipX, double tipY, double length) {
    begin("edge " + style, tip);
    svg.append("<path d=\"%s\"/>\n".formatted(path));
    String base = number(tipX - length * 1.3);
    svg.append(
        "<polygon points=\"%s,%s %s,%s %s,%s\"/>\n"
            .formatted(
                number(tipX), number(tipY), base, number(tipY - 4.5), base, number(tipY + 4.5)));
    end();
  }

  String close() {
    return svg.append("</svg>\n").toString();
  }

  /** With one decimal at most. */
  static String number(double value) {
    long tenths = Math.round(value * 10);
    String sign = tenths < 0 ? "-" : "";
    long rest = Math.abs(tenths % 10);
    return sign + Math.abs(tenths / 10) + (rest == 0 ? "" : "." + rest);
  }

  /** What XML cannot hold at all becomes a replacement character. */
  static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            point -> {
              switch (point) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                default -> escaped.appendCodePoint(isAllowed(point) ? point : 0xfffd);
              }
            });
    return escaped.toString();
  }

  private static boolean isAllowed(int point) {
    boolean beforeSurrogates = point >= 0x20 && point < 0xd800;
    boolean afterSurrogates = point >= 0xe000 && point != 0xfffe && point != 0xffff;
    return point == '\t' || point == '\n' || beforeSurrogates || afterSurrogates;
  }
}
