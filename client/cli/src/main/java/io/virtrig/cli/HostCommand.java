package io.virtrig.cli;

import io.virtrig.cli.capture.HostCaptureCommand;
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
      HostCaptureCommand.class,
      HostCloneCommand.class,
      HostRenewCommand.class,
      HostDeleteCommand.class
    })
final class HostCommand {}
