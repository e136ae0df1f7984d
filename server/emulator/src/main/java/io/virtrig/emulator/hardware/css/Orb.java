package io.virtrig.emulator.hardware.css;

/** The operation-request block of START SUBCHANNEL: which program, on which paths. */
public final class Orb {
  private final int lpm;
  private final boolean prefetch;
  private final int cpa;
  private final ChannelProgram program;

  /**
   * A request.
   *
   * @param lpm logical path mask
   * @param prefetch CCWs may be fetched ahead
   * @param cpa address of the first CCW
   */
  public Orb(int lpm, boolean prefetch, int cpa, ChannelProgram program) {
    this.lpm = lpm;
    this.prefetch = prefetch;
    this.cpa = cpa;
    this.program = program;
  }

  int lpm() {
    return lpm;
  }

  boolean prefetch() {
    return prefetch;
  }

  int cpa() {
    return cpa;
  }

  ChannelProgram program() {
    return program;
  }
}
