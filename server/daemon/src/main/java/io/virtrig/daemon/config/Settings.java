package io.virtrig.daemon.config;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * The daemon's flags. What a flag does not say, the environment does; what neither says, the
 * configuration file.
 */
@Command(
    name = "virtrigd",
    description =
        "Hosts simulated virtualization hosts that answer as Linux does, and serves them over gRPC.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    versionProvider = Version.class,
    footer = {
      "",
      "Every setting can also stand in the environment, as VIRTRIG_ and its name",
      "in capitals (VIRTRIG_MAX_HOSTS), or in the file given with --config, as a",
      "line \"max-hosts: 1000\". A flag wins over the environment, which wins over",
      "the file.",
      "",
      "Exit codes: 0 stopped or healthy, 1 could not start or not healthy, 2 bad",
      "settings."
    })
public final class Settings {
  private static final String ENVIRONMENT_PREFIX = "VIRTRIG_";

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:7473",
      description = "where gRPC is served; port 0 takes any free one (default: ${DEFAULT-VALUE})")
  private String listen = "";

  @Option(
      names = "--metrics",
      paramLabel = "HOST:PORT|off",
      defaultValue = "127.0.0.1:9464",
      description = "where Prometheus scrapes /metrics (default: ${DEFAULT-VALUE})")
  private String metrics = "";

  @Option(
      names = "--metrics-token-file",
      paramLabel = "FILE",
      description =
          "who reads metrics or the console must send what stands in it, as a bearer token or"
              + " as the password")
  private @Nullable Path metricsTokenFile;

  @Option(
      names = "--metrics-names",
      paramLabel = "NAME",
      split = ",",
      description =
          "names by which metrics and console may be called, beside addresses and localhost")
  private List<String> metricsNames = List.of();

  @Option(names = "--tls-cert", paramLabel = "FILE", description = "certificate chain for TLS, PEM")
  private @Nullable Path tlsCert;

  @Option(names = "--tls-key", paramLabel = "FILE", description = "its private key, PEM")
  private @Nullable Path tlsKey;

  @Option(
      names = "--tls-client-ca",
      paramLabel = "FILE",
      description =
          "clients need a certificate that one of these issued, PEM; with --tenants a token does too")
  private @Nullable Path tlsClientCa;

  // A flag turns round what the environment or the file says, unless told what it means.
  @Option(
      names = "--insecure",
      fallbackValue = "true",
      description = "serve plaintext on an address that is not loopback")
  private boolean insecure;

  @Option(
      names = "--max-hosts",
      paramLabel = "N",
      defaultValue = "100000",
      description = "the most hosts at a time (default: ${DEFAULT-VALUE})")
  private int maxHosts;

  @Option(
      names = "--max-message-bytes",
      paramLabel = "N",
      defaultValue = "4194304",
      description = "the largest request taken (default: ${DEFAULT-VALUE})")
  private int maxMessageBytes;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "10000",
      description = "the most connections at a time (default: ${DEFAULT-VALUE})")
  private int maxConnections;

  @Option(
      names = "--max-connections-per-peer",
      paramLabel = "N",
      defaultValue = "1000",
      description = "the most of one address (default: ${DEFAULT-VALUE})")
  private int maxConnectionsPerPeer;

  @Option(
      names = "--max-streams",
      paramLabel = "N",
      defaultValue = "4096",
      description = "the most rings, watches and other streams (default: ${DEFAULT-VALUE})")
  private int maxStreams;

  @Option(
      names = "--max-streams-per-peer",
      paramLabel = "N",
      defaultValue = "1024",
      description = "the most of one address (default: ${DEFAULT-VALUE})")
  private int maxStreamsPerPeer;

  @Option(
      names = "--max-connection-idle",
      paramLabel = "SECONDS",
      defaultValue = "1800",
      description =
          "how long a connection may be without a call; 0: for ever (default: ${DEFAULT-VALUE})")
  private int maxConnectionIdle;

  @Option(
      names = "--max-connection-age",
      paramLabel = "SECONDS",
      defaultValue = "43200",
      description =
          "how old a connection may become; its calls have an hour more to end, and new ones"
              + " go by another; 0: for ever (default: ${DEFAULT-VALUE})")
  private int maxConnectionAge;

  @Option(
      names = "--shutdown-grace",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description =
          "how long running calls may take to finish at the end (default: ${DEFAULT-VALUE})")
  private int shutdownGrace;

  @Option(
      names = "--models",
      paramLabel = "FILE",
      split = ",",
      description = "files with device models, JSON, beside those that come with the daemon")
  private List<Path> models = List.of();

  @Option(
      names = "--until-stdin-closes",
      fallbackValue = "true",
      description =
          "stop when standard input reaches its end: for a daemon that belongs to another program")
  private boolean untilStdinCloses;

  @Option(
      names = "--tenants",
      paramLabel = "FILE",
      description = "who may call, and how much each may take, YAML; changes are taken up")
  private @Nullable Path tenants;

  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      description = "where administrators call (default: nowhere)")
  private @Nullable String admin;

  @Option(
      names = "--audit-log",
      paramLabel = "FILE|-",
      description = "write down acts of the control plane, a line of JSON each")
  private @Nullable String auditLog;

  @Option(
      names = "--healthcheck",
      description =
          "start nothing: ask the daemon that runs with these settings whether it takes calls;"
              + " exit code 0 or 1")
  @SuppressWarnings("UnusedVariable") // Here it is only explained: it is no setting.
  private boolean healthcheck;

  @Option(names = "--config", paramLabel = "FILE", description = "a file with settings, YAML")
  private @Nullable Path config;

  /**
   * Reads the command line; what it leaves out comes from the environment and the file.
   *
   * @return the configuration, or null when help or the version was asked for and has been printed
   * @throws BadConfiguration when a setting makes no sense
   */
  public static @Nullable Configuration parse(String[] arguments, Map<String, String> environment) {
    Settings first = new Settings();
    CommandLine commandLine = new CommandLine(first);
    commandLine.setDefaultValueProvider(option -> fromEnvironment(option, environment));
    try {
      if (CommandLine.printHelpIfRequested(commandLine.parseArgs(arguments))) {
        return null;
      }
      Path file = first.config;
      if (file == null) {
        return first.configuration();
      }
      Map<String, String> settings = ConfigurationFile.read(file);
      requireKnown(file, settings.keySet(), commandLine);
      Settings second = new Settings();
      new CommandLine(second)
          .setDefaultValueProvider(
              option -> {
                String value = fromEnvironment(option, environment);
                return value != null ? value : settings.get(key(option));
              })
          .parseArgs(arguments);
      return second.configuration();
    } catch (CommandLine.ParameterException e) {
      throw new BadConfiguration(String.valueOf(e.getMessage()));
    }
  }

  private static void requireKnown(Path file, Set<String> keys, CommandLine commandLine) {
    Set<String> known = new TreeSet<>();
    commandLine.getCommandSpec().options().forEach(option -> known.add(key(option)));
    for (String key : keys) {
      if (!known.contains(key)) {
        throw new BadConfiguration(file + ": there is no setting \"" + key + "\"");
      }
    }
  }

  private static String key(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName().substring(2) : "";
  }

  private static @Nullable String fromEnvironment(ArgSpec option, Map<String, String> environment) {
    return environment.get(
        ENVIRONMENT_PREFIX + key(option).replace('-', '_').toUpperCase(Locale.ROOT));
  }

  private Configuration configuration() {
    InetSocketAddress address = Addresses.parse("--listen", listen);
    InetSocketAddress scraped =
        metrics.equals("off") ? null : Addresses.parse("--metrics", metrics);
    Configuration.Tls tls = tls();
    if (tls == null && !insecure && !Addresses.isLoopback(address)) {
      throw new BadConfiguration(
          "--listen: "
              + listen
              + " is not loopback: give --tls-cert and --tls-key, or --insecure to serve plaintext");
    }
    if (scraped != null && !insecure && !Addresses.isLoopback(scraped)) {
      throw new BadConfiguration(
          "--metrics: "
              + metrics
              + " is not loopback: it is served in plaintext, so it needs --insecure");
    }
    requirePositive("--max-hosts", maxHosts);
    requirePositive("--max-message-bytes", maxMessageBytes);
    requireNotNegative("--shutdown-grace", shutdownGrace);
    return new Configuration(
        address,
        scraped,
        tls,
        maxHosts,
        maxMessageBytes,
        Duration.ofSeconds(shutdownGrace),
        models,
        untilStdinCloses,
        access(tls),
        limits(),
        scraping());
  }

  private Scraping scraping() {
    if (metricsTokenFile != null) {
      try {
        if (Files.readString(metricsTokenFile).isBlank()) {
          throw new BadConfiguration("--metrics-token-file: " + metricsTokenFile + " is empty");
        }
      } catch (IOException e) {
        throw new BadConfiguration("--metrics-token-file: cannot be read: " + e);
      }
    }
    return new Scraping(metricsTokenFile, metricsNames);
  }

  private Configuration.Access access(Configuration.@Nullable Tls tls) {
    InetSocketAddress administered = admin == null ? null : Addresses.parse("--admin", admin);
    if (administered != null && !Addresses.isLoopback(administered)) {
      if (tls == null) {
        throw new BadConfiguration(
            "--admin: " + admin + " is not loopback: give --tls-cert and --tls-key");
      }
      if (tenants == null) {
        throw new BadConfiguration(
            "--admin: " + admin + " is not loopback: give --tenants, which says who administers");
      }
    }
    return new Configuration.Access(tenants, administered, auditLog);
  }

  private ConnectionLimits limits() {
    requirePositive("--max-connections", maxConnections);
    requirePositive("--max-connections-per-peer", maxConnectionsPerPeer);
    requirePositive("--max-streams", maxStreams);
    requirePositive("--max-streams-per-peer", maxStreamsPerPeer);
    requireNotNegative("--max-connection-idle", maxConnectionIdle);
    requireNotNegative("--max-connection-age", maxConnectionAge);
    return new ConnectionLimits(
        maxConnections,
        maxConnectionsPerPeer,
        maxStreams,
        maxStreamsPerPeer,
        ConnectionLimits.USUAL.handshake(),
        Duration.ofSeconds(maxConnectionIdle),
        Duration.ofSeconds(maxConnectionAge),
        ConnectionLimits.USUAL.ageGrace(),
        ConnectionLimits.USUAL.request());
  }

  private Configuration.@Nullable Tls tls() {
    if (tlsCert == null && tlsKey == null) {
      if (tlsClientCa != null) {
        throw new BadConfiguration("--tls-client-ca needs --tls-cert and --tls-key");
      }
      return null;
    }
    if (tlsCert == null || tlsKey == null) {
      throw new BadConfiguration("--tls-cert and --tls-key go together");
    }
    return new Configuration.Tls(tlsCert, tlsKey, tlsClientCa);
  }

  private static void requirePositive(String setting, int value) {
    if (value <= 0) {
      throw new BadConfiguration(setting + ": " + value + " is not positive");
    }
  }

  private static void requireNotNegative(String setting, int value) {
    if (value < 0) {
      throw new BadConfiguration(setting + ": " + value + " is negative");
    }
  }
}
