package io.virtrig.cli;

import io.virtrig.client.Credentials;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which daemon a command speaks to, and with what. A flag wins over the environment, which wins
 * over the context. Whoever names a target has no context unless he names that too: what a context
 * says is for the address that stands beside it.
 *
 * @param target {@code HOST:PORT}
 * @param variables what its {@link Credentials} are made of
 * @param context the name of the context that it comes from; null for none
 */
record Endpoint(String target, Map<String, String> variables, @Nullable String context) {
  private static final String TARGET = "VIRTRIG_TARGET";
  private static final String CONTEXT = "VIRTRIG_CONTEXT";
  private static final String DEFAULT_TARGET = "127.0.0.1:7473";

  /**
   * Finds it: the one that is {@link #named}, or this machine's.
   *
   * @param targetFlag null when the flag is not given
   * @param contextFlag null when the flag is not given
   */
  static Endpoint find(
      @Nullable String targetFlag, @Nullable String contextFlag, Map<String, String> environment) {
    return named(targetFlag, contextFlag, environment)
        .orElseGet(() -> new Endpoint(DEFAULT_TARGET, environment, null));
  }

  /** What a flag, the environment or a context says; empty when none says anything. */
  static Optional<Endpoint> named(
      @Nullable String targetFlag, @Nullable String contextFlag, Map<String, String> environment) {
    String target = given(targetFlag, environment, TARGET);
    String name = given(contextFlag, environment, CONTEXT);
    if (name == null && target != null) {
      return Optional.of(new Endpoint(target, environment, null));
    }
    Contexts contexts = Contexts.read(Contexts.file(environment));
    if (name == null) {
      name = contexts.current();
    }
    if (name == null) {
      return Optional.empty();
    }
    Contexts.Context context = contexts.named(name);
    return Optional.of(
        new Endpoint(
            target == null ? context.target() : target, merged(context, environment), name));
  }

  private static @Nullable String given(
      @Nullable String flag, Map<String, String> environment, String variable) {
    if (flag != null) {
      return flag;
    }
    String value = environment.getOrDefault(variable, "");
    return value.isEmpty() ? null : value;
  }

  private static Map<String, String> merged(
      Contexts.Context context, Map<String, String> environment) {
    boolean hasToken =
        !environment.getOrDefault(Credentials.TOKEN, "").isBlank()
            || !environment.getOrDefault(Credentials.TOKEN_FILE, "").isBlank();
    Map<String, String> merged =
        new HashMap<>(hasToken ? context.variables() : context.variables(environment));
    if (hasToken) {
      merged.remove(Credentials.TOKEN_FILE);
    }
    merged.putAll(environment);
    return merged;
  }

  /** Never the variables: a token is among them. */
  @Override
  public String toString() {
    return target;
  }

  /** What it has to show. */
  Credentials credentials() {
    return Credentials.from(variables);
  }
}
