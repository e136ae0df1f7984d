package io.virtrig.graph;

/** How one node is connected to another. */
public enum Relation {
  /** A process has it open or mapped. */
  HOLDS("open in a process"),
  /** One belongs to the other or uses it. */
  USES("belongs to"),
  /** An interrupt or a notification travels along it. */
  SIGNALS("interrupt, signal"),
  /** An irqbypass producer and consumer that are joined; interrupts are still injected. */
  BYPASS("irqbypass, not posted"),
  /** An irqbypass producer and consumer that are joined; interrupts are posted. */
  POSTED("irqbypass, posted"),
  /** Its DMA is translated. */
  DMA("DMA");

  private final String label;

  Relation(String label) {
    this.label = label;
  }

  /** Its name for people. */
  String label() {
    return label;
  }
}
