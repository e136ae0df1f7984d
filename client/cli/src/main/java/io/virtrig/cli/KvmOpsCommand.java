package io.virtrig.cli;

import io.virtrig.client.RefusalException;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HostX86OpsRequest;
import io.virtrig.v1.HostX86OpsResponse;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.Result;
import io.virtrig.v1.X86Op;
import io.virtrig.wire.Operations;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig kvm ops}. */
@Command(
    name = "ops",
    mixinStandardHelpOptions = true,
    description =
        "The operations of KVM's vendor module, with their names before and since the series of 2020.")
final class KvmOpsCommand implements Callable<Integer> {

  @Mixin private final Connection connection = new Connection();
  @Mixin private final OutputFormat output = new OutputFormat();

  @Parameters(
      arity = "0..1",
      paramLabel = "HOST",
      description = "A host's id. Default: a host that is made for this and deleted.")
  private String id = "";

  @Option(
      names = "--cpu",
      paramLabel = "VENDOR",
      description = "Of the host that is made: intel (default) or amd.")
  private String cpu = "intel";

  @Option(
      names = "--series",
      description = "The host that is made has the series that makes names conform.")
  private boolean series;

  @Option(
      names = "--nonconforming",
      description = "Only those whose function's name does not conform.")
  private boolean nonconforming;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    try (VirtrigClient client = connection.open()) {
      print(id.isEmpty() ? ofNewHost(client) : ops(client.host(id)));
    }
    return ExitCode.OK;
  }

  private HostX86OpsResponse ofNewHost(VirtrigClient client) {
    KernelSpec.Builder kernel = KernelSpec.newBuilder();
    if (series) {
      kernel.addKvmSeries("conforming-ops-v3");
    }
    VirtrigHost host =
        client.createHost(
            HostSpec.newBuilder().setArch("x86_64").setCpu(cpu).setKernel(kernel).build());
    try {
      return ops(host);
    } finally {
      host.delete();
    }
  }

  private HostX86OpsResponse ops(VirtrigHost host) {
    Result result = host.execute(Operations.of(HostX86OpsRequest.getDefaultInstance()));
    if (result.hasRefusal()) {
      throw new RefusalException(result.getRefusal());
    }
    return result.getHostX86Ops();
  }

  private void print(HostX86OpsResponse response) {
    if (output.isJson()) {
      Out.of(spec).println(JsonText.pretty(UapiJson.toJson(response)));
      return;
    }
    Table table = new Table("MEMBER", "BEFORE", "FUNCTION", "BEFORE", "CONFORMS", "CALLS");
    for (X86Op op : response.getOpsList()) {
      if (!nonconforming || !op.getConforms()) {
        addRow(table, op);
      }
    }
    Out.of(spec).print(table);
  }

  private static void addRow(Table table, X86Op op) {
    boolean nested = op.getTable().equals("kvm_x86_nested_ops");
    table.row(
        (nested ? "nested " : "") + op.getNewMember(),
        op.getOldMember().equals(op.getNewMember()) ? "" : op.getOldMember(),
        op.getNewFunction().isEmpty() ? "-" : op.getNewFunction(),
        op.getOldFunction().equals(op.getNewFunction()) ? "" : op.getOldFunction(),
        op.getConforms() ? "yes" : op.getOutside() ? "no, outside the macro" : "no",
        op.getDispatched() ? Long.toUnsignedString(op.getCalls()) : "");
  }
}
