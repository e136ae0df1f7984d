package io.virtrig.cli;

import io.virtrig.cli.demo.DemoCommand;
import picocli.AutoComplete.GenerateCompletion;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The top command. */
@Command(
    name = "virtrig",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Simulated virtualization hosts that answer as Linux does.",
    subcommands = {
      HostCommand.class,
      CallCommand.class,
      ProgramCommand.class,
      KvmCommand.class,
      EventsCommand.class,
      TraceCommand.class,
      IommuCommand.class,
      ConformanceCommand.class,
      DemoCommand.class,
      AdminCommand.class,
      DaemonCommand.class
    })
final class Virtrig {

  /** The command with its subcommands, each with help and the exit codes in it. */
  static CommandLine commandLine() {
    CommandLine virtrig = new CommandLine(new Virtrig());
    CommandLine completion = new CommandLine(new GenerateCompletion());
    completion.getCommandSpec().usageMessage().hidden(true);
    virtrig.addSubcommand(completion);
    describeExitCodes(virtrig);
    return virtrig;
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
