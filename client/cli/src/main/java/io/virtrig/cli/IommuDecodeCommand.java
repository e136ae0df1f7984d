package io.virtrig.cli;

import com.google.protobuf.ByteString;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.BatchDecodeDescriptorsRequest;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import java.util.HexFormat;
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

/** {@code virtrig iommu decode}. */
@Command(
    name = "decode",
    mixinStandardHelpOptions = true,
    description = {
      "Explain descriptors of VT-d's invalidation queue.",
      "",
      "  virtrig iommu decode 3600cb8fb879080049a01a10a10d0000 --width 128",
    })
final class IommuDecodeCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();
  @Mixin private final OutputFormat output = new OutputFormat();

  @Parameters(
      paramLabel = "HEX",
      arity = "1..*",
      description = "The 16 or 32 bytes of each, as they lie in the queue.")
  private List<String> descriptors = List.of();

  @Option(
      names = "--width",
      paramLabel = "BITS",
      description = "128 or 256 (IQA.DW). Default: as many as the bytes.")
  private int width;

  @Option(names = "--legacy", description = "The translation table mode is legacy.")
  private boolean legacy;

  @Option(
      names = "--viommu",
      description = "By the rules of QEMU's vIOMMU of the vSVA series, not of hardware.")
  private boolean viommu;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    BatchDecodeDescriptorsRequest request =
        BatchDecodeDescriptorsRequest.newBuilder()
            .addAllRequests(descriptors.stream().map(this::request).toList())
            .build();
    try (VirtrigClient client = connection.open()) {
      client
          .translation(stub -> stub.batchDecodeDescriptors(request))
          .getDescriptorsList()
          .forEach(this::print);
      Out.of(spec).flush();
    }
    return ExitCode.OK;
  }

  private void print(DecodeDescriptorResponse decoded) {
    Out.of(spec)
        .println(
            output.isJson() ? JsonText.pretty(UapiJson.toJson(decoded)) : decoded.getExplanation());
  }

  private DecodeDescriptorRequest request(String hex) {
    byte[] bytes = bytes(hex);
    return DecodeDescriptorRequest.newBuilder()
        .setBytes(ByteString.copyFrom(bytes))
        .setWidth(width == 0 ? bytes.length * Byte.SIZE : width)
        .setLegacyMode(legacy)
        .setViommu(viommu)
        .build();
  }

  private byte[] bytes(String hex) {
    try {
      return HexFormat.of().parseHex(hex);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          Out.command(spec), "HEX \"" + hex + "\" is not hexadecimal: " + e.getMessage(), e);
    }
  }
}
