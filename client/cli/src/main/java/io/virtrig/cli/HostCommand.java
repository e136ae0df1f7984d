package io.virtrig.cli;

import picocli.CommandLine.Command;

/** {@code virtrig host}. */
@Command(
    name = "host",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Make, look at and end simulated hosts.",
    subcommands = {
      HostCreateCommand.class,
      HostListCommand.class,
      HostDescribeCommand.class,
      HostGraphCommand.class,
      HostDeleteCommand.class
    })
final class HostCommand {}
