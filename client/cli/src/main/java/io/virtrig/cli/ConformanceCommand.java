package io.virtrig.cli;

import picocli.CommandLine.Command;

/** {@code virtrig conformance}. */
@Command(
    name = "conformance",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Compare the simulated kernel with what Linux answers.",
    subcommands = ConformanceRunCommand.class)
final class ConformanceCommand {}
