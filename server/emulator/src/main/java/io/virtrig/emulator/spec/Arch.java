package io.virtrig.emulator.spec;

/** Processor architectures. */
public enum Arch {
  X86_64("x86_64"),
  AARCH64("aarch64"),
  S390X("s390x");

  private final String label;

  Arch(String label) {
    this.label = label;
  }

  /** The name in a host's specification. */
  public String label() {
    return label;
  }
}
