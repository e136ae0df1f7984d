package io.virtrig.daemon.config;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Makes a configuration of what the settings say, and refuses what makes no sense together. */
final class SettingValues {
  private final CommandSpec command;

  /** Of a command whose arguments were read. */
  SettingValues(CommandSpec command) {
    this.command = command;
  }

  Configuration configuration() {
    InetSocketAddress listen = address(Setting.LISTEN);
    InetSocketAddress metrics =
        "off".equals(text(Setting.METRICS)) ? null : address(Setting.METRICS);
    Configuration.Tls tls = tls();
    if (tls == null && !on(Setting.INSECURE) && !Addresses.isLoopback(listen)) {
      throw bad(
          Setting.LISTEN,
          text(Setting.LISTEN)
              + " is not loopback: give --tls-cert and --tls-key, or --insecure to serve plaintext");
    }
    if (metrics != null && !on(Setting.INSECURE) && !Addresses.isLoopback(metrics)) {
      throw bad(
          Setting.METRICS,
          text(Setting.METRICS)
              + " is not loopback: it is served in plaintext, so it needs --insecure");
    }
    return new Configuration(
        listen,
        metrics,
        tls,
        positive(Setting.MAX_HOSTS),
        positive(Setting.MAX_MESSAGE_BYTES),
        seconds(Setting.SHUTDOWN_GRACE),
        files(Setting.MODELS),
        on(Setting.UNTIL_STDIN_CLOSES),
        access(tls),
        limits(),
        scraping());
  }

  private Configuration.@Nullable Tls tls() {
    Path certificate = file(Setting.TLS_CERT);
    Path key = file(Setting.TLS_KEY);
    Path clients = file(Setting.TLS_CLIENT_CA);
    if (certificate == null && key == null) {
      if (clients != null) {
        throw new BadConfiguration("--tls-client-ca needs --tls-cert and --tls-key");
      }
      return null;
    }
    if (certificate == null || key == null) {
      throw new BadConfiguration("--tls-cert and --tls-key go together");
    }
    return new Configuration.Tls(certificate, key, clients);
  }

  private Configuration.Access access(Configuration.@Nullable Tls tls) {
    Path tenants = file(Setting.TENANTS);
    InetSocketAddress admin = text(Setting.ADMIN) == null ? null : address(Setting.ADMIN);
    if (admin != null && !Addresses.isLoopback(admin)) {
      if (tls == null) {
        throw bad(
            Setting.ADMIN, text(Setting.ADMIN) + " is not loopback: give --tls-cert and --tls-key");
      }
      if (tenants == null) {
        throw bad(
            Setting.ADMIN,
            text(Setting.ADMIN) + " is not loopback: give --tenants, which says who administers");
      }
    }
    return new Configuration.Access(tenants, admin, text(Setting.AUDIT_LOG));
  }

  private ConnectionLimits limits() {
    return new ConnectionLimits(
        positive(Setting.MAX_CONNECTIONS),
        positive(Setting.MAX_CONNECTIONS_PER_PEER),
        positive(Setting.MAX_STREAMS),
        positive(Setting.MAX_STREAMS_PER_PEER),
        ConnectionLimits.USUAL.handshake(),
        seconds(Setting.MAX_CONNECTION_IDLE),
        seconds(Setting.MAX_CONNECTION_AGE),
        ConnectionLimits.USUAL.ageGrace(),
        ConnectionLimits.USUAL.request());
  }

  private Scraping scraping() {
    Path token = file(Setting.METRICS_TOKEN_FILE);
    if (token != null) {
      try {
        if (Files.readString(token).isBlank()) {
          throw bad(Setting.METRICS_TOKEN_FILE, token + " is empty");
        }
      } catch (IOException e) {
        throw bad(Setting.METRICS_TOKEN_FILE, "cannot be read: " + e);
      }
    }
    return new Scraping(token, list(Setting.METRICS_NAMES));
  }

  private OptionSpec option(Setting setting) {
    return command.findOption(setting.flag());
  }

  private @Nullable String text(Setting setting) {
    return option(setting).getValue();
  }

  private List<String> list(Setting setting) {
    List<String> values = option(setting).getValue();
    return values == null ? List.of() : List.copyOf(values);
  }

  private boolean on(Setting setting) {
    Boolean on = option(setting).getValue();
    return on != null && on;
  }

  @Nullable Path file(Setting setting) {
    String name = text(setting);
    return name == null ? null : path(setting, name);
  }

  private List<Path> files(Setting setting) {
    return list(setting).stream().map(name -> path(setting, name)).toList();
  }

  private static Path path(Setting setting, String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw bad(setting, "is no name of a file: " + e.getMessage());
    }
  }

  private InetSocketAddress address(Setting setting) {
    return Addresses.parse(setting.flag(), String.valueOf(text(setting)));
  }

  private int positive(Setting setting) {
    int number = number(setting);
    if (number <= 0) {
      throw bad(setting, number + " is not positive");
    }
    return number;
  }

  private Duration seconds(Setting setting) {
    int number = number(setting);
    if (number < 0) {
      throw bad(setting, number + " is negative");
    }
    return Duration.ofSeconds(number);
  }

  /** Of a setting that has one unless told otherwise. */
  private int number(Setting setting) {
    Integer number = option(setting).getValue();
    return Objects.requireNonNull(number);
  }

  private static BadConfiguration bad(Setting setting, String what) {
    return new BadConfiguration(setting.flag() + ": " + what);
  }
}
