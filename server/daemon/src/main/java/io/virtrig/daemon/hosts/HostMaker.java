package io.virtrig.daemon.hosts;

import io.virtrig.emulator.Host;
import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.hardware.pci.DeviceModels;
import io.virtrig.v1.HostSpec;

/** Makes hosts, new ones and copies. Safe for use by several threads. */
public final class HostMaker {
  private final DeviceModels models;
  private final EventListener listener;
  private final HostCopier copier = new HostCopier();

  /**
   * Makes hosts whose devices may be of those models.
   *
   * @param listener is told of what happens on them
   */
  public HostMaker(DeviceModels models, EventListener listener) {
    this.models = models;
    this.listener = listener;
  }

  Host make(HostSpec spec) {
    return new Host(spec, models, listener);
  }

  Host copy(Host host) {
    return copier.copy(host);
  }
}
