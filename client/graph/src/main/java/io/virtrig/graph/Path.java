package io.virtrig.graph;

/** The data of an SVG path. */
final class Path {

  private final StringBuilder data = new StringBuilder();

  void move(double x, double y) {
    data.append('M').append(SvgText.number(x)).append(' ').append(SvgText.number(y));
  }

  void horizontal(double x) {
    data.append('H').append(SvgText.number(x));
  }

  /** A cubic curve to {@code (x, y)} by two control points. */
  void curve(double x1, double y1, double x2, double y2, double x, double y) {
    data.append('C');
    point(x1, y1);
    point(x2, y2);
    point(x, y);
  }

  private void point(double x, double y) {
    data.append(' ').append(SvgText.number(x)).append(' ').append(SvgText.number(y));
  }

  String data() {
    return data.toString();
  }
}
