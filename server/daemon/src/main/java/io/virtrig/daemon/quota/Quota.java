package io.virtrig.daemon.quota;

import java.util.Locale;

/** What a tenant may have only so much of. */
public enum Quota {
  /** Hosts at a time. */
  HOSTS,
  /** Devices of all its hosts: PCI functions, mediated devices, vDPA devices, subchannels. */
  DEVICES,
  /** Bytes of guest memory that were written to, by whole pages; a clone's count as its own. */
  GUEST_BYTES,
  /** Mappings of processes, of containers and of vhost's address spaces. */
  MAPPINGS,
  /** Eventfds that are open. */
  EVENTFDS,
  /** Rings and watches that are open. */
  STREAMS,
  /** Calls that have begun and are not answered; streams are not among them. */
  CALLS_IN_FLIGHT,
  /** Operations a second; a call that brings none counts as one. */
  OPERATIONS_PER_SECOND;

  /** As it is written in files and on command lines: {@code guest-bytes}. */
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
