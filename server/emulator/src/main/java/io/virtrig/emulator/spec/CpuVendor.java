package io.virtrig.emulator.spec;

/** Makers of x86 processors; other architectures have {@link #NONE}. */
public enum CpuVendor {
  INTEL("intel"),
  AMD("amd"),
  NONE("");

  private final String label;

  CpuVendor(String label) {
    this.label = label;
  }

  /** The name in a host's specification. */
  public String label() {
    return label;
  }
}
