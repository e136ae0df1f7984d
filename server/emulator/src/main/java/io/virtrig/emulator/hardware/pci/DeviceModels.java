package io.virtrig.emulator.hardware.pci;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.Shared;
import java.util.Map;
import java.util.TreeMap;

/** The device models that a host's specification may name. Never changes. */
public final class DeviceModels implements Shared {
  /** No models: every function is made up from its specification. */
  public static final DeviceModels NONE = new DeviceModels(Map.of());

  private final TreeMap<String, DeviceModel> byName;

  /** These models, by name. */
  public DeviceModels(Map<String, DeviceModel> models) {
    byName = new TreeMap<>(models);
  }

  /** The model that a field of the specification names. */
  DeviceModel get(String field, String name) {
    DeviceModel model = byName.get(name);
    if (model == null) {
      throw Refused.invalid(field, "\"" + name + "\" is none of " + byName.navigableKeySet());
    }
    return model;
  }
}
