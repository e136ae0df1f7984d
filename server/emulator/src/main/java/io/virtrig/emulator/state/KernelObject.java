package io.virtrig.emulator.state;

/** An object of a host that has an identity: several others may refer to it. */
public abstract class KernelObject implements Stateful {

  private final int id;

  /**
   * Makes an object.
   *
   * @param ids the host's source of identities
   */
  protected KernelObject(ObjectIds ids) {
    id = ids.next();
  }

  /** Its number on its host: counts up from 1 in the order in which objects were made. */
  public final int id() {
    return id;
  }

  /** What it is, by the name of its class. */
  public String kind() {
    return getClass().getSimpleName();
  }
}
