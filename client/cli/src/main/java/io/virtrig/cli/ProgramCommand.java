package io.virtrig.cli;

import io.virtrig.client.VirtrigClient;
import io.virtrig.client.Vocabulary;
import io.virtrig.client.json.UapiJson;
import io.virtrig.uapi.OperationName;
import io.virtrig.v1.ArgumentValue;
import io.virtrig.v1.Completion;
import io.virtrig.v1.Parameter;
import io.virtrig.v1.Program;
import io.virtrig.v1.Result;
import io.virtrig.v1.RunProgramResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig program}. */
@Command(
    name = "program",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Store operations by name and run them in one call.",
      "",
      "A program is a file of steps as conformance cases have them:",
      "  {\"parameters\": {\"group\": \"/dev/vfio/7\"},",
      "   \"steps\": [",
      "    {\"do\": \"open\", \"arg\": {\"path\": \"/dev/vfio/vfio\"}, \"as\": \"c\"},",
      "    {\"do\": \"open\", \"arg\": {\"path\": \"$group\"}, \"as\": \"g\"},",
      "    {\"do\": \"VFIO_GROUP_SET_CONTAINER\", \"on\": \"g\", \"arg\": {\"value\": \"$c\"}}]}",
      "",
      "A parameter whose value there is null must be given when the program is run. What a step",
      "answers is for later steps; after a step that fails none is executed.",
    })
final class ProgramCommand {

  @Spec private @Nullable CommandSpec spec;

  @Command(name = "create", mixinStandardHelpOptions = true, description = "Store a program.")
  int create(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "programs/ID, or hosts/HOST/programs/ID.")
          String name,
      @Option(
              names = {"-f", "--file"},
              required = true,
              paramLabel = "FILE.json",
              description = "Its steps.")
          Path file)
      throws IOException {
    Program program =
        ProgramFile.read(
            name, JsonText.object(Out.command(spec), file.toString(), Files.readString(file)));
    try (VirtrigClient client = connection.open()) {
      client.createProgram(program);
    }
    return ExitCode.OK;
  }

  @Command(
      name = "list",
      aliases = "ls",
      mixinStandardHelpOptions = true,
      description = "The programs there are.")
  int list(
      @Mixin Connection connection,
      @Option(names = "--host", paramLabel = "HOST", description = "Those of a host.")
          @Nullable String host) {
    try (VirtrigClient client = connection.open()) {
      Table table = new Table("NAME", "STEPS", "PARAMETERS", "DESCRIPTION");
      for (Program program : client.listPrograms(host == null ? "" : "hosts/" + host)) {
        table.row(
            program.getName(),
            Integer.toString(program.getEntriesCount()),
            program.getParametersList().stream()
                .map(Parameter::getName)
                .collect(Collectors.joining(",")),
            program.getDescription());
      }
      Out.of(spec).print(table);
      Out.of(spec).flush();
    }
    return ExitCode.OK;
  }

  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      description = "Run a program on a host and print what each step answered.")
  int run(
      @Mixin Connection connection,
      @Parameters(index = "0", paramLabel = "NAME", description = "The program.") String name,
      @Parameters(index = "1", paramLabel = "HOST", description = "The host's id.") String host,
      @Option(
              names = {"-a", "--argument"},
              paramLabel = "NAME=VALUE",
              description = "What the program is told: a number or text.")
          @Nullable Map<String, String> given) {
    Map<String, ArgumentValue> arguments = new LinkedHashMap<>();
    if (given != null) {
      given.forEach((key, value) -> arguments.put(key, ProgramFile.value(value)));
    }
    try (VirtrigClient client = connection.open()) {
      Program program = client.program(name);
      RunProgramResponse done = client.runProgram(name, host, arguments);
      for (Completion completion : done.getCompletionsList()) {
        print(program, completion);
      }
      Out.of(spec).flush();
      return done.getFailures() == 0 ? ExitCode.OK : ExitCode.ERRNO;
    }
  }

  private void print(Program program, Completion completion) {
    int step = (int) completion.getUserData();
    PrintWriter out = Out.of(spec);
    out.printf(
        "%3d %s  ",
        step + 1, OperationName.of(program.getEntries(step).getOperation().getOpCase()));
    Result result = completion.getResult();
    if (result.hasErrno()) {
      out.println(result.getErrno().getName() + ": " + result.getErrno().getCheck());
    } else if (result.hasRefusal()) {
      out.println("refused: " + result.getRefusal().getReason());
    } else {
      out.println(Vocabulary.response(result).map(UapiJson::toJson).orElseThrow());
    }
  }

  @Command(
      name = "delete",
      aliases = "rm",
      mixinStandardHelpOptions = true,
      description = "Forget a program.")
  int delete(
      @Mixin Connection connection,
      @Parameters(paramLabel = "NAME", description = "The program.") String name) {
    try (VirtrigClient client = connection.open()) {
      client.deleteProgram(name);
    }
    return ExitCode.OK;
  }
}
