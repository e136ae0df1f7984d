package io.virtrig.emulator.spec;

/** Which uAPI the host's kernel speaks: Linux 6.1, or a posted patch series. */
public enum UapiProfile {
  MAINLINE("mainline"),
  VSVA_V4("vsva-v4"),
  VSVA_V6("vsva-v6"),
  VSVA_V7("vsva-v7"),
  VSVA_V8("vsva-v8"),
  SMMU_NESTED_V7("smmu-nested-v7");

  private final String label;

  UapiProfile(String label) {
    this.label = label;
  }

  /** The name in a host's specification. */
  public String label() {
    return label;
  }

  /** Whether PASIDs are requested from VFIO containers: the vSVA series up to v7. */
  public boolean vfioPasidRequest() {
    return this == VSVA_V4 || this == VSVA_V6 || this == VSVA_V7;
  }

  /** Whether it is a revision of the vSVA series. */
  public boolean vsva() {
    return vfioPasidRequest() || this == VSVA_V8;
  }
}
