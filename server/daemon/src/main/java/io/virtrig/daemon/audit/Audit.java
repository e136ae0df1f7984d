package io.virtrig.daemon.audit;

/** Is told of acts of the control plane. It never makes whoever acts wait. */
public interface Audit {
  /** Nobody writes anything down. */
  Audit NONE = act -> {};

  /** Somebody did something. */
  void record(Act act);
}
