package io.virtrig.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig context}. */
@Command(
    name = "context",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Daemons by name, in ~/.config/virtrig/config.yaml.",
    subcommands = {
      ContextCommand.ListCommand.class,
      ContextCommand.Use.class,
      ContextCommand.Show.class
    })
final class ContextCommand {

  private static Contexts contexts() {
    return Contexts.read(Contexts.file(System.getenv()));
  }

  /** {@code virtrig context list}. */
  @Command(
      name = "list",
      aliases = "ls",
      mixinStandardHelpOptions = true,
      description = "The contexts there are; an asterisk is at the one in use.")
  static final class ListCommand implements Callable<Integer> {
    @Mixin private final OutputFormat output = new OutputFormat();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      Contexts contexts = contexts();
      if (output.isJson()) {
        JsonArray json = new JsonArray();
        contexts.all().forEach((name, context) -> json.add(json(contexts, name, context)));
        Out.of(spec).println(JsonText.pretty(json));
        return ExitCode.OK;
      }
      Table table = new Table("", "NAME", "TARGET", "TLS", "TOKEN");
      contexts
          .all()
          .forEach(
              (name, context) ->
                  table.row(
                      name.equals(contexts.current()) ? "*" : "",
                      name,
                      context.target(),
                      context.isEncrypted() ? "yes" : "no",
                      context.token()));
      Out.of(spec).print(table);
      return ExitCode.OK;
    }

    private static JsonObject json(Contexts contexts, String name, Contexts.Context context) {
      JsonObject json = new JsonObject();
      json.addProperty("name", name);
      json.addProperty("current", name.equals(contexts.current()));
      json.addProperty("target", context.target());
      json.addProperty("tls", context.isEncrypted());
      json.addProperty("token", context.token());
      return json;
    }
  }

  /** {@code virtrig context use}. */
  @Command(
      name = "use",
      mixinStandardHelpOptions = true,
      description = "Use a context from now on.")
  static final class Use implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", description = "The context.")
    private String name = "";

    @Override
    public Integer call() throws IOException {
      contexts().use(name);
      return ExitCode.OK;
    }
  }

  /** {@code virtrig context show}. */
  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Which daemon a command would speak to, and with what; never a token.")
  static final class Show implements Callable<Integer> {
    @Mixin private final Connection connection = new Connection();
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      Endpoint endpoint = connection.endpoint();
      Table table = new Table("context", endpoint.context() == null ? "none" : endpoint.context());
      table.row("target", endpoint.target());
      table.row("credentials", endpoint.credentials().toString());
      Out.of(spec).print(table);
      return ExitCode.OK;
    }
  }
}
