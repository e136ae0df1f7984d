package io.virtrig.cli;

import io.virtrig.client.Credentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Daemons by name, in the user's own file: {@code $XDG_CONFIG_HOME/virtrig/config.yaml}, or {@code
 * ~/.config/virtrig/config.yaml}. A token does not stand in it, only where it is.
 *
 * @param file where they are
 * @param current the name of the one that is used when none is named; null for none
 * @param all by name, in the order of the file
 */
record Contexts(Path file, @Nullable String current, Map<String, Context> all) {
  private static final String CURRENT = "current";
  private static final String CONTEXTS = "contexts";
  private static final Set<String> KEYS =
      Set.of(
          "target",
          "tls",
          "trust",
          "client-cert",
          "client-key",
          "server-name",
          "token-file",
          "token-env",
          "token-in-plaintext");

  /**
   * A daemon and how to speak to it.
   *
   * @param target {@code HOST:PORT}
   * @param variables the same as a {@link Credentials} takes from the environment
   * @param tokenVariable which variable of the environment has the token; null for none
   */
  record Context(String target, Map<String, String> variables, @Nullable String tokenVariable) {

    /** What it has to show, with the token if it is in an environment. */
    Map<String, String> variables(Map<String, String> environment) {
      Map<String, String> filled = new LinkedHashMap<>(variables);
      if (tokenVariable != null) {
        String token = environment.get(tokenVariable);
        if (token == null || token.isBlank()) {
          throw new ConfigurationFailure("the token is to be in $" + tokenVariable + ", not set");
        }
        filled.put(Credentials.TOKEN, token);
      }
      return filled;
    }

    /** Where its token is, in words. */
    String token() {
      if (tokenVariable != null) {
        return "$" + tokenVariable;
      }
      return variables.getOrDefault(Credentials.TOKEN_FILE, "");
    }

    boolean isEncrypted() {
      return "true".equals(variables.get(Credentials.TLS));
    }
  }

  /** Where the file is. */
  static Path file(Map<String, String> environment) {
    String base = environment.getOrDefault("XDG_CONFIG_HOME", "");
    Path folder =
        base.isEmpty() ? Path.of(environment.getOrDefault("HOME", "."), ".config") : Path.of(base);
    return folder.resolve("virtrig").resolve("config.yaml");
  }

  /** Reads them; without the file there are none. */
  static Contexts read(Path file) {
    if (!Files.exists(file)) {
      return new Contexts(file, null, Map.of());
    }
    Map<?, ?> root = mapping(file, "", parse(file));
    Map<String, Context> all = new LinkedHashMap<>();
    String current = null;
    for (Map.Entry<?, ?> entry : root.entrySet()) {
      switch (String.valueOf(entry.getKey())) {
        case CURRENT -> current = entry.getValue() == null ? null : entry.getValue().toString();
        case CONTEXTS ->
            mapping(file, CONTEXTS, entry.getValue())
                .forEach(
                    (name, value) ->
                        all.put(String.valueOf(name), context(file, String.valueOf(name), value)));
        default ->
            throw new ConfigurationFailure(file + ": unknown key \"" + entry.getKey() + "\"");
      }
    }
    return new Contexts(file, current, all);
  }

  private static @Nullable Object parse(Path file) {
    try {
      return new Load(LoadSettings.builder().build()).loadFromString(Files.readString(file));
    } catch (IOException e) {
      throw new ConfigurationFailure(file + " cannot be read: " + e);
    } catch (YamlEngineException e) {
      throw new ConfigurationFailure(file + " is no YAML: " + e.getMessage());
    }
  }

  private static Map<?, ?> mapping(Path file, String what, @Nullable Object value) {
    if (value == null) {
      return Map.of();
    }
    if (value instanceof Map<?, ?> mapping) {
      return mapping;
    }
    throw new ConfigurationFailure(file + ": " + (what.isEmpty() ? "it" : what) + " is no mapping");
  }

  private static Context context(Path file, String name, @Nullable Object value) {
    Map<String, String> given = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : mapping(file, name, value).entrySet()) {
      String key = String.valueOf(entry.getKey());
      if (key.equals("token")) {
        throw new ConfigurationFailure(
            file + ": " + name + ": a token does not stand here: token-file or token-env");
      }
      if (!KEYS.contains(key)) {
        throw new ConfigurationFailure(file + ": " + name + ": unknown key \"" + key + "\"");
      }
      given.put(key, String.valueOf(entry.getValue()));
    }
    String target = given.get("target");
    if (target == null) {
      throw new ConfigurationFailure(file + ": " + name + ": no target");
    }
    Map<String, String> variables = new LinkedHashMap<>();
    putPath(variables, Credentials.TLS_TRUST, file, given.get("trust"));
    putPath(variables, Credentials.TLS_CLIENT_CERT, file, given.get("client-cert"));
    putPath(variables, Credentials.TLS_CLIENT_KEY, file, given.get("client-key"));
    boolean files = !variables.isEmpty();
    variables.put(Credentials.TLS, given.getOrDefault("tls", files ? "true" : "false"));
    putPath(variables, Credentials.TOKEN_FILE, file, given.get("token-file"));
    put(variables, Credentials.TLS_SERVER_NAME, given.get("server-name"));
    put(variables, Credentials.TOKEN_IN_PLAINTEXT, given.get("token-in-plaintext"));
    return new Context(target, Map.copyOf(variables), given.get("token-env"));
  }

  private static void put(Map<String, String> variables, String name, @Nullable String value) {
    if (value != null) {
      variables.put(name, value);
    }
  }

  /** A path is the user's own with a tilde, and beside the file without a slash before it. */
  private static void putPath(
      Map<String, String> variables, String name, Path file, @Nullable String path) {
    if (path == null) {
      return;
    }
    Path resolved =
        path.startsWith("~/")
            ? Path.of(System.getProperty("user.home"), path.substring(2))
            : file.resolveSibling(path);
    variables.put(name, resolved.toString());
  }

  /** The one of a name. */
  Context named(String name) {
    Context found = all.get(name);
    if (found == null) {
      throw new ConfigurationFailure(
          "there is no context \"" + name + "\" in " + file + ": it has " + all.keySet());
    }
    return found;
  }

  /** Has another one used from now on; nothing else in the file changes. */
  void use(String name) throws IOException {
    var _ = named(name);
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    String line = CURRENT + ": \"" + name.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    int at = -1;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).startsWith(CURRENT + ":")) {
        at = i;
      }
    }
    if (at >= 0) {
      lines.set(at, line);
    } else {
      lines.addFirst(line);
    }
    Path changed = Files.createTempFile(file.toRealPath().getParent(), "config", ".yaml");
    Files.write(changed, lines);
    Files.move(changed, file.toRealPath(), StandardCopyOption.REPLACE_EXISTING);
  }
}
