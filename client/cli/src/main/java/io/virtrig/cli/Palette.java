package io.virtrig.cli;

/** Colours by what they say; without effect where there are none. */
public final class Palette {

  private final boolean coloured;

  /** A palette, of colours or of none. */
  public Palette(boolean coloured) {
    this.coloured = coloured;
  }

  boolean isColoured() {
    return coloured;
  }

  /** Text that leads. */
  public String strong(String text) {
    return paint("1", text);
  }

  /** Text that stands back. */
  public String faint(String text) {
    return paint("2", text);
  }

  /** What is as it should be. */
  public String good(String text) {
    return paint("32", text);
  }

  /** What is not. */
  public String bad(String text) {
    return paint("31", text);
  }

  /** What deserves a look. */
  public String notable(String text) {
    return paint("33", text);
  }

  /** Names and commands. */
  public String name(String text) {
    return paint("36", text);
  }

  private String paint(String code, String text) {
    return coloured ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }
}
