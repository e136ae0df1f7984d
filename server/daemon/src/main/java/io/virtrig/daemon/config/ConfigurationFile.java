package io.virtrig.daemon.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads a configuration file: YAML, one flat mapping whose keys are the long flags without their
 * dashes.
 */
final class ConfigurationFile {

  private ConfigurationFile() {}

  /**
   * The settings of a file, by key.
   *
   * @throws BadConfiguration when it cannot be read or is no such mapping
   */
  static Map<String, String> read(Path file) {
    Object root;
    try {
      root = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
    } catch (IOException e) {
      throw new BadConfiguration(file + " cannot be read: " + e);
    } catch (YamlEngineException e) {
      throw new BadConfiguration(file + " is no YAML: " + e.getMessage());
    }
    Map<String, String> settings = new TreeMap<>();
    if (root == null) {
      return settings;
    }
    if (!(root instanceof Map<?, ?> mapping)) {
      throw new BadConfiguration(file + " is not a mapping of settings");
    }
    mapping.forEach(
        (key, value) -> {
          if (value instanceof Map || value instanceof Iterable) {
            throw new BadConfiguration(file + ": " + key + " must be a plain value");
          }
          settings.put(String.valueOf(key), String.valueOf(value));
        });
    return settings;
  }
}
