package io.virtrig.cli;

import picocli.CommandLine.Command;

/** {@code virtrig iommu}. */
@Command(
    name = "iommu",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Look at how addresses are translated.",
    subcommands = {IommuWalkCommand.class, IommuImageCommand.class, IommuDecodeCommand.class})
final class IommuCommand {}
