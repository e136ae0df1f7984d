package io.virtrig.daemon.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The daemon's flags. What a flag does not say, the environment does; what neither says, the
 * configuration file. Written without annotations, whose reading took an eighth of the start.
 */
public final class Settings {
  private Settings() {}

  /**
   * Reads the command line; what it leaves out comes from the environment and the file.
   *
   * @return the configuration, or null when help or the version was asked for and has been printed
   * @throws BadConfiguration when a setting makes no sense
   */
  public static @Nullable Configuration parse(String[] arguments, Map<String, String> environment) {
    try {
      Function<Setting, @Nullable String> elsewhere =
          setting -> environment.get(setting.variable());
      CommandSpec first = command(elsewhere);
      if (CommandLine.printHelpIfRequested(new CommandLine(first).parseArgs(arguments))) {
        return null;
      }
      Path file = new SettingValues(first).file(Setting.CONFIG);
      if (file == null) {
        return new SettingValues(first).configuration();
      }
      Map<String, String> settings = ConfigurationFile.read(file);
      requireKnown(file, settings);
      CommandSpec second =
          command(
              setting -> {
                String value = elsewhere.apply(setting);
                return value != null ? value : settings.get(setting.key());
              });
      new CommandLine(second).parseArgs(arguments);
      return new SettingValues(second).configuration();
    } catch (CommandLine.ParameterException e) {
      throw new BadConfiguration(String.valueOf(e.getMessage()));
    }
  }

  private static CommandSpec command(Function<Setting, @Nullable String> elsewhere) {
    CommandSpec command = CommandSpec.create().name("virtrigd").versionProvider(new Version());
    command
        .usageMessage()
        .sortOptions(false)
        .description(
            "Hosts simulated virtualization hosts that answer as Linux does, and serves them over"
                + " gRPC.")
        .footer(
            "",
            "Every setting can also stand in the environment, as VIRTRIG_ and its name",
            "in capitals (VIRTRIG_MAX_HOSTS), or in the file given with --config, as a",
            "line \"max-hosts: 1000\". A flag wins over the environment, which wins over",
            "the file.",
            "",
            "Exit codes: 0 stopped or healthy, 1 could not start or not healthy, 2 bad",
            "settings.");
    for (Setting setting : Setting.values()) {
      command.addOption(setting.option(elsewhere.apply(setting)));
    }
    return command
        .addOption(
            OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help message and exit.")
                .build())
        .addOption(
            OptionSpec.builder("-V", "--version")
                .versionHelp(true)
                .description("Print version information and exit.")
                .build());
  }

  private static void requireKnown(Path file, Map<String, String> settings) {
    Set<String> unknown = new TreeSet<>(settings.keySet());
    for (Setting setting : Setting.values()) {
      unknown.remove(setting.key());
    }
    if (!unknown.isEmpty()) {
      throw new BadConfiguration(
          file + ": there is no setting \"" + String.join("\", no setting \"", unknown) + "\"");
    }
  }
}
