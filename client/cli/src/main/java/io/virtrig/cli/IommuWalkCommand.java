package io.virtrig.cli;

import io.virtrig.cli.walk.WalkPicture;
import io.virtrig.cli.walk.WalkText;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.Access;
import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig iommu walk}. */
@Command(
    name = "walk",
    mixinStandardHelpOptions = true,
    description = {
      "Show what would become of a device's access: what the IOMMU has kept, and every step that",
      "its tables take. Nothing happens.",
      "",
      "  virtrig iommu walk rig nic0 --iova 0x7f1234567000 --pasid 100",
    })
final class IommuWalkCommand implements Callable<Integer> {

  /** The notations there are. */
  enum Notation {
    /** For a terminal. */
    text,
    /** The API's message. */
    json,
    /** A drawing. */
    svg
  }

  @Mixin private final Connection connection = new Connection();

  @Parameters(index = "0", paramLabel = "HOST", description = "The host's id.")
  private String host = "";

  @Parameters(
      index = "1",
      paramLabel = "DEVICE",
      description = "The device's name on the host, or its PCI address.")
  private String device = "";

  @Option(
      names = "--iova",
      required = true,
      paramLabel = "ADDRESS",
      description = "The address the device asks for.")
  private String iova = "";

  @Option(names = "--pasid", paramLabel = "N", description = "PASID. Default: none.")
  private @Nullable Integer pasid;

  @Option(names = "--write", description = "The device writes. Default: it reads.")
  private boolean write;

  @Option(names = "--privileged", description = "With the rights of a supervisor.")
  private boolean privileged;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "NOTATION",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Notation notation = Notation.text;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Where to write it. Default: standard output.")
  private @Nullable Path file;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Access.Builder access =
        Access.newBuilder().setIova(address()).setWrite(write).setPrivileged(privileged);
    if (pasid != null) {
      access.setPasid(pasid);
    }
    WalkRequest request =
        WalkRequest.newBuilder().setHost(host).setDevice(device).setAccess(access).build();
    String shown;
    try (VirtrigClient client = connection.open()) {
      WalkResponse walk = client.translation(stub -> stub.walk(request));
      shown =
          switch (notation) {
            case text -> WalkText.of(request, walk);
            case json -> JsonText.pretty(UapiJson.toJson(walk)) + "\n";
            case svg -> WalkPicture.draw(request, walk);
          };
    }
    if (file == null) {
      Out.of(spec).print(shown);
      Out.of(spec).flush();
    } else {
      Files.writeString(file, shown);
    }
    return ExitCode.OK;
  }

  private long address() {
    try {
      return iova.startsWith("0x")
          ? Long.parseUnsignedLong(iova.substring(2), 16)
          : Long.parseUnsignedLong(iova);
    } catch (NumberFormatException e) {
      throw new ParameterException(
          Out.command(spec), "--iova takes a number, 0x for hexadecimal", e);
    }
  }
}
