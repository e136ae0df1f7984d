package io.virtrig.cli;

import com.google.gson.JsonObject;
import io.virtrig.client.ErrnoException;
import io.virtrig.client.RefusalException;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.Vocabulary;
import io.virtrig.client.json.OperationBuilder;
import io.virtrig.client.json.UapiJson;
import io.virtrig.client.json.Variables;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig call}. */
@Command(
    name = "call",
    mixinStandardHelpOptions = true,
    description = {
      "Execute one operation on a host and print its result as JSON.",
      "",
      "Operations and fields go by their uAPI names, as in conformance cases:",
      "  virtrig call rig open '{\"path\": \"/dev/kvm\"}'",
      "  virtrig call rig KVM_CREATE_VM '{\"value\": 0}' --on 3",
      "  virtrig call rig hw.dma_read '{\"iova\": \"0x1000\", \"length\": 4}' --on edu0",
    })
final class CallCommand implements Callable<Integer> {

  private static final int FIRST_PID = 1;

  @Mixin private final Connection connection = new Connection();

  @Parameters(index = "0", paramLabel = "HOST", description = "The host's id.")
  private String host = "";

  @Parameters(
      index = "1",
      paramLabel = "OPERATION",
      description = "E.g. open, VFIO_IOMMU_MAP_DMA, hw.dma_read.")
  private String name = "";

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "JSON",
      defaultValue = "{}",
      description = "Its arguments.")
  private String arguments = "";

  @Option(names = "--pid", paramLabel = "N", description = "The calling process. Default: 1.")
  private int pid = FIRST_PID;

  @Option(
      names = "--on",
      paramLabel = "FD|DEVICE",
      description = "What it acts on: a number or a device's name.")
  private @Nullable String on;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    Operation operation = operation();
    try (VirtrigClient client = connection.open()) {
      Result result = client.host(host).execute(operation);
      print(result);
      if (result.hasErrno()) {
        throw new ErrnoException(result.getErrno());
      }
      if (result.hasRefusal()) {
        throw new RefusalException(result.getRefusal());
      }
    }
    return ExitCode.OK;
  }

  private Operation operation() {
    JsonObject json = JsonText.object(Out.command(spec), "JSON", arguments);
    OperationBuilder builder = OperationBuilder.of(name).process(pid);
    if (on != null && builder.actsOnDevice()) {
      builder.device(on);
    } else if (on != null) {
      builder.fd(fd(on));
    }
    return builder.arguments(json, Variables.NONE).build();
  }

  private int fd(String number) {
    try {
      return Integer.decode(number);
    } catch (NumberFormatException e) {
      throw new ParameterException(
          Out.command(spec), name + " acts on an fd: --on takes its number", e);
    }
  }

  /** What the kernel wrote back is shown beside an errno too. */
  private void print(Result result) {
    Vocabulary.response(result)
        .filter(response -> !result.hasErrno() || !response.getAllFields().isEmpty())
        .ifPresent(response -> Out.of(spec).println(JsonText.pretty(UapiJson.toJson(response))));
    Out.of(spec).flush();
  }
}
