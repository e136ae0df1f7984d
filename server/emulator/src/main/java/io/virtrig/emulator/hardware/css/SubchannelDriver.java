package io.virtrig.emulator.hardware.css;

/** The driver that a subchannel is bound to, as the channel subsystem calls it. */
public interface SubchannelDriver {

  /** What happens to a channel path. */
  enum PathEvent {
    /** A machine check: the path is gone. */
    OFFLINE("offline"),
    /** A machine check: the path is there. */
    ONLINE("online"),
    /** An operator takes the path away. */
    VARY_OFF("vary_off"),
    /** An operator gives the path back. */
    VARY_ON("vary_on");

    private final String label;

    PathEvent(String label) {
      this.label = label;
    }

    /** The name in hw.path. */
    public String label() {
      return label;
    }
  }

  /** An I/O interruption: status is pending. */
  void interrupt();

  /** A machine check: the subchannel is not what it was. */
  void machineCheck();

  /**
   * A path that the subchannel has.
   *
   * @param mask its bit
   */
  void path(int mask, int chpid, PathEvent event);

  /** The driver's state by name. */
  String state();

  /** Waits for an interrupt that ran out. */
  long timeouts();
}
