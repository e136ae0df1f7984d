package io.virtrig.cli;

import io.virtrig.cli.demo.DemoCommand;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The top command. Its options are made, not annotated: the JVM makes a class for each annotation
 * that is read, which takes a quarter of what {@code --version} does.
 */
final class Virtrig {
  private static final Set<String> VERSION = Set.of("-V", "--version");

  private Virtrig() {}

  /**
   * The command with no more subcommands than these arguments can reach, each with help and the
   * exit codes in it: reading the annotations of all of them takes longer than many a command does.
   */
  static CommandLine commandLine(String... arguments) {
    CommandLine virtrig = new CommandLine(top());
    String first = arguments.length == 0 ? "" : arguments[0];
    Supplier<Object> named = commands().get(first);
    if (named != null) {
      virtrig.addSubcommand(first, named.get());
    } else if (!VERSION.contains(first)) {
      commands().forEach((name, command) -> virtrig.addSubcommand(name, command.get()));
      CommandLine completion = new CommandLine(new GenerateCompletion());
      completion.getCommandSpec().usageMessage().hidden(true);
      virtrig.addSubcommand(completion);
    }
    describeExitCodes(virtrig);
    return virtrig;
  }

  private static CommandSpec top() {
    CommandSpec top =
        CommandSpec.create()
            .name("virtrig")
            .versionProvider(new Version())
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
    top.usageMessage()
        .synopsisSubcommandLabel("COMMAND")
        .description("Simulated virtualization hosts that answer as Linux does.");
    return top;
  }

  private static Map<String, Supplier<Object>> commands() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("host", HostCommand::new);
    commands.put("call", CallCommand::new);
    commands.put("program", ProgramCommand::new);
    commands.put("kvm", KvmCommand::new);
    commands.put("events", EventsCommand::new);
    commands.put("trace", TraceCommand::new);
    commands.put("iommu", IommuCommand::new);
    commands.put("conformance", ConformanceCommand::new);
    commands.put("demo", DemoCommand::new);
    commands.put("context", ContextCommand::new);
    commands.put("admin", AdminCommand::new);
    commands.put("daemon", DaemonCommand::new);
    return commands;
  }

  private static void describeExitCodes(CommandLine command) {
    command
        .getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(ExitCode.DESCRIPTIONS);
    command.getSubcommands().values().forEach(Virtrig::describeExitCodes);
  }
}
