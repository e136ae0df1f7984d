package io.virtrig.cli;

import picocli.CommandLine.Command;

/** {@code virtrig kvm}. */
@Command(
    name = "kvm",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Look into the KVM of simulated hosts.",
    subcommands = KvmOpsCommand.class)
final class KvmCommand {}
