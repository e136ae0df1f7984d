package io.virtrig.emulator.hardware.pci;

import io.virtrig.emulator.spec.MdevConfiguration;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * A part of a PCI function that can be handed out by itself (an Assignable Device Interface of
 * Scalable IOV): its requests are the function's, with a PASID that is the part's own.
 */
public final class AssignableInterface implements Stateful {
  /** It has no PASID: no request of it is translated. */
  public static final int NOWHERE = -1;

  private final MdevConfiguration configuration;
  private final PciFunction parent;
  private int pasid = NOWHERE;

  /** A part without a PASID. */
  public AssignableInterface(MdevConfiguration configuration, PciFunction parent) {
    this.configuration = configuration;
    this.parent = parent;
  }

  /** The name that operations use. */
  public String name() {
    return configuration.name();
  }

  /** What the specification says about it. */
  public MdevConfiguration configuration() {
    return configuration;
  }

  /** The function that it is a part of. */
  public PciFunction parent() {
    return parent;
  }

  /** The PASID that its requests carry; {@link #NOWHERE}. */
  public int pasid() {
    return pasid;
  }

  /** Its driver programs the PASID of its requests. */
  public void translateBy(int own) {
    pasid = own;
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("pasid", pasid);
  }
}
