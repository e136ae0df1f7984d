package io.virtrig.cli;

import com.google.protobuf.ByteString;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.DecodeDescriptorRequest;
import io.virtrig.v1.DecodeDescriptorResponse;
import java.util.HexFormat;
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
      "Explain a descriptor of VT-d's invalidation queue.",
      "",
      "  virtrig iommu decode 3600cb8fb879080049a01a10a10d0000 --width 128",
    })
final class IommuDecodeCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();
  @Mixin private final OutputFormat output = new OutputFormat();

  @Parameters(paramLabel = "HEX", description = "Its 16 or 32 bytes, as they lie in the queue.")
  private String hex = "";

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
    byte[] bytes = bytes();
    DecodeDescriptorRequest request =
        DecodeDescriptorRequest.newBuilder()
            .setBytes(ByteString.copyFrom(bytes))
            .setWidth(width == 0 ? bytes.length * Byte.SIZE : width)
            .setLegacyMode(legacy)
            .setViommu(viommu)
            .build();
    try (VirtrigClient client = connection.open()) {
      DecodeDescriptorResponse decoded = client.translation(stub -> stub.decodeDescriptor(request));
      Out.of(spec)
          .println(
              output.isJson()
                  ? JsonText.pretty(UapiJson.toJson(decoded))
                  : decoded.getExplanation());
      Out.of(spec).flush();
    }
    return ExitCode.OK;
  }

  private byte[] bytes() {
    try {
      return HexFormat.of().parseHex(hex);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(
          Out.command(spec), "HEX is not hexadecimal: " + e.getMessage(), e);
    }
  }
}
