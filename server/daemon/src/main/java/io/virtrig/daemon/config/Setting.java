package io.virtrig.daemon.config;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;

/** What the daemon can be told. The order is that of its help. */
enum Setting {
  LISTEN("HOST:PORT", "127.0.0.1:7473", "where gRPC is served; port 0 takes any free one"),
  METRICS("HOST:PORT|off", "127.0.0.1:9464", "where Prometheus scrapes /metrics"),
  METRICS_TOKEN_FILE(
      "FILE",
      "who reads metrics or the console must send what stands in it, as a bearer token or"
          + " as the password"),
  METRICS_NAMES(
      Kind.LIST,
      "NAME",
      "names by which metrics and console may be called, beside addresses and localhost"),
  TLS_CERT("FILE", "certificate chain for TLS, PEM"),
  TLS_KEY("FILE", "its private key, PEM"),
  TLS_CLIENT_CA(
      "FILE",
      "clients need a certificate that one of these issued, PEM; with --tenants a token does too"),
  INSECURE(Kind.SWITCH, "", "serve plaintext on an address that is not loopback"),
  MAX_HOSTS(100_000, "N", "the most hosts at a time"),
  MAX_MESSAGE_BYTES(4 << 20, "N", "the largest request taken"),
  MAX_CONNECTIONS(10_000, "N", "the most connections at a time"),
  MAX_CONNECTIONS_PER_PEER(1000, "N", "the most of one address"),
  MAX_STREAMS(4096, "N", "the most rings, watches and other streams"),
  MAX_STREAMS_PER_PEER(1024, "N", "the most of one address"),
  MAX_CONNECTION_IDLE(1800, "SECONDS", "how long a connection may be without a call; 0: for ever"),
  MAX_CONNECTION_AGE(
      43_200,
      "SECONDS",
      "how old a connection may become; its calls have an hour more to end, and new ones"
          + " go by another; 0: for ever"),
  SHUTDOWN_GRACE(5, "SECONDS", "how long running calls may take to finish at the end"),
  MODELS(
      Kind.LIST, "FILE", "files with device models, JSON, beside those that come with the daemon"),
  UNTIL_STDIN_CLOSES(
      Kind.SWITCH,
      "",
      "stop when standard input reaches its end: for a daemon that belongs to another program"),
  TENANTS("FILE", "who may call, and how much each may take, YAML; changes are taken up"),
  ADMIN("HOST:PORT", "where administrators call (default: nowhere)"),
  AUDIT_LOG("FILE|-", "write down acts of the control plane, a line of JSON each"),
  HEALTHCHECK(
      Kind.SWITCH,
      "",
      "start nothing: ask the daemon that runs with these settings whether it takes calls;"
          + " exit code 0 or 1"),
  CONFIG("FILE", "a file with settings, YAML");

  private enum Kind {
    TEXT,
    NUMBER,
    SWITCH,
    LIST
  }

  private final Kind kind;
  private final String label;
  private final @Nullable String initial;
  private final String description;

  Setting(Kind kind, String label, @Nullable String initial, String description) {
    this.kind = kind;
    this.label = label;
    this.initial = initial;
    this.description = initial == null ? description : description + " (default: ${DEFAULT-VALUE})";
  }

  Setting(Kind kind, String label, String description) {
    this(kind, label, null, description);
  }

  Setting(String label, String initial, String description) {
    this(Kind.TEXT, label, initial, description);
  }

  Setting(String label, String description) {
    this(Kind.TEXT, label, null, description);
  }

  Setting(int initial, String label, String description) {
    this(Kind.NUMBER, label, String.valueOf(initial), description);
  }

  /** Its name in a file. */
  String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** Its name on the command line. */
  String flag() {
    return "--" + key();
  }

  /** Its name in the environment. */
  String variable() {
    return "VIRTRIG_" + name();
  }

  /**
   * As an option of the command line.
   *
   * @param elsewhere what stands in the environment or the file; null when nothing does
   */
  OptionSpec option(@Nullable String elsewhere) {
    OptionSpec.Builder option =
        OptionSpec.builder(flag()).paramLabel(label).description(description);
    option.defaultValue(elsewhere != null ? elsewhere : initial);
    switch (kind) {
      case TEXT -> option.type(String.class);
      case NUMBER -> option.type(int.class);
      // A flag turns round what the environment or the file says, unless told what it means.
      case SWITCH -> option.type(boolean.class).fallbackValue("true");
      case LIST -> option.type(List.class).auxiliaryTypes(String.class).splitRegex(",");
    }
    return option.build();
  }
}
