package io.virtrig.daemon.models;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.ByteString;
import io.virtrig.daemon.config.BadConfiguration;
import io.virtrig.emulator.hardware.pci.Bar;
import io.virtrig.emulator.hardware.pci.DeviceModel;
import io.virtrig.emulator.hardware.pci.DeviceModels;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads device models from JSON: an object with a member for each model. A model has {@code
 * config}, its configuration space in hexadecimal, as one string or several in a list; {@code
 * size}, 256 or 4096, where zeros at the end are left out; {@code bars} with {@code index}, {@code
 * size} and the kernel's resource {@code flags}; and, if some registers are not 0 after a reset,
 * {@code registers} with {@code bar}, {@code at} and {@code bytes}.
 */
public final class DeviceModelFiles {
  private static final String BUILT_IN = "models.json";

  private DeviceModelFiles() {}

  /** The models that come with the daemon. */
  public static DeviceModels builtIn() throws IOException {
    return withFiles(List.of());
  }

  /**
   * The models that come with the daemon and those of files. Of several with one name the last
   * counts.
   *
   * @throws BadConfiguration when a file holds no models, naming it
   * @throws IOException when a file cannot be read
   */
  public static DeviceModels withFiles(List<Path> files) throws IOException {
    Map<String, DeviceModel> models = new TreeMap<>();
    try (InputStream in = DeviceModelFiles.class.getResourceAsStream(BUILT_IN)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + BUILT_IN + " is missing");
      }
      add(models, BUILT_IN, new InputStreamReader(in, StandardCharsets.UTF_8));
      for (Path file : files) {
        try (Reader reader = Files.newBufferedReader(file)) {
          add(models, file.toString(), reader);
        }
      }
    }
    return new DeviceModels(models);
  }

  private static void add(Map<String, DeviceModel> models, String file, Reader from) {
    try {
      for (Map.Entry<String, JsonElement> entry :
          JsonParser.parseReader(from).getAsJsonObject().entrySet()) {
        models.put(entry.getKey(), model(entry.getKey(), entry.getValue().getAsJsonObject()));
      }
    } catch (RuntimeException e) {
      throw new BadConfiguration(file + " holds no device models: " + e.getMessage());
    }
  }

  private static DeviceModel model(String name, JsonObject json) {
    List<Bar> bars = new ArrayList<>();
    for (JsonElement element : list(json, "bars")) {
      JsonObject bar = element.getAsJsonObject();
      bars.add(
          new Bar((int) number(bar, "index"), number(bar, "size"), (int) number(bar, "flags")));
    }
    List<DeviceModel.RegisterValue> registers = new ArrayList<>();
    for (JsonElement element : list(json, "registers")) {
      JsonObject register = element.getAsJsonObject();
      registers.add(
          new DeviceModel.RegisterValue(
              (int) number(register, "bar"),
              number(register, "at"),
              ByteString.fromHex(register.get("bytes").getAsString())));
    }
    return new DeviceModel(name, config(json), bars, registers);
  }

  private static ByteString config(JsonObject json) {
    StringBuilder hex = new StringBuilder();
    if (json.get("config").isJsonArray()) {
      json.getAsJsonArray("config").forEach(part -> hex.append(part.getAsString()));
    } else {
      hex.append(json.get("config").getAsString());
    }
    ByteString bytes = ByteString.fromHex(hex.toString());
    int missing = json.has("size") ? (int) number(json, "size") - bytes.size() : 0;
    return missing <= 0 ? bytes : bytes.concat(ByteString.copyFrom(new byte[missing]));
  }

  private static JsonArray list(JsonObject json, String member) {
    return json.has(member) ? json.getAsJsonArray(member) : new JsonArray();
  }

  /** A number, also as a string such as "0x200". */
  private static long number(JsonObject json, String member) {
    return Long.decode(json.get(member).getAsString());
  }
}
