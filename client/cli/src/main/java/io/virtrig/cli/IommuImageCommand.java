package io.virtrig.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import io.virtrig.cli.conformance.WalkVector;
import io.virtrig.cli.walk.WalkPicture;
import io.virtrig.cli.walk.WalkText;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.Walk;
import io.virtrig.v1.WalkImageRequest;
import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig iommu image}. */
@Command(
    name = "image",
    mixinStandardHelpOptions = true,
    description = {
      "Walk the tables in an image of memory, e.g. out of a dump of a real machine.",
      "",
      "The image is a JSON object as in the vectors of conformance/walk: regime, config, ram,",
      "memory, rtaddr or pasid_entry, accesses (expect is not needed).",
    })
final class IommuImageCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();

  @Parameters(paramLabel = "FILE", description = "The image: its first line.")
  private Path image = Path.of("");

  @Option(
      names = "--access",
      paramLabel = "N",
      description = "Which of its accesses, counted from 0. Default: ${DEFAULT-VALUE}.",
      defaultValue = "0")
  private int access;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "NOTATION",
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private IommuWalkCommand.Notation notation = IommuWalkCommand.Notation.text;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Where to write it. Default: standard output.")
  private @Nullable Path file;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    WalkImageRequest request = request();
    Walk walk;
    try (VirtrigClient client = connection.open()) {
      walk = client.translation(stub -> stub.walkImage(request)).getWalks(0);
    }
    WalkRequest title =
        WalkRequest.newBuilder()
            .setDevice("source 0x" + Integer.toHexString(request.getAccesses(0).getSource()))
            .setAccess(request.getAccesses(0))
            .build();
    WalkResponse response =
        WalkResponse.newBuilder().setWalk(walk).setVerdict(walk.getVerdict()).build();
    String shown =
        switch (notation) {
          case text -> WalkText.of(title, response);
          case json -> JsonText.pretty(UapiJson.toJson(walk)) + "\n";
          case svg -> WalkPicture.draw(title, response);
        };
    if (file == null) {
      Out.of(spec).print(shown);
      Out.of(spec).flush();
    } else {
      Files.writeString(file, shown);
    }
    return ExitCode.OK;
  }

  private WalkImageRequest request() throws IOException {
    List<String> lines = Files.readAllLines(image);
    JsonObject json =
        JsonText.object(Out.command(spec), "FILE", lines.isEmpty() ? "" : lines.getFirst());
    WalkImageRequest all;
    try {
      all = WalkVector.request(json);
    } catch (JsonParseException | IllegalArgumentException e) {
      throw new ParameterException(
          Out.command(spec), image + " is no image of memory: " + e.getMessage(), e);
    }
    if (access < 0 || access >= all.getAccessesCount()) {
      throw new ParameterException(
          Out.command(spec), image + " has " + all.getAccessesCount() + " accesses");
    }
    return all.toBuilder()
        .setVerdictOnly(false)
        .clearAccesses()
        .addAccesses(all.getAccesses(access))
        .build();
  }
}
