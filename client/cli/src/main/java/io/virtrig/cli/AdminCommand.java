package io.virtrig.cli;

import picocli.CommandLine.Command;

/** {@code virtrig admin}. */
@Command(
    name = "admin",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Look after a daemon with tenants; needs an administrator's token.",
    subcommands = {
      AdminTenantsCommand.class,
      AdminQuotaCommand.class,
      AdminHostsCommand.class,
      AdminDeleteHostCommand.class,
      AdminDrainCommand.class,
      AdminNewTokenCommand.class
    })
final class AdminCommand {}
