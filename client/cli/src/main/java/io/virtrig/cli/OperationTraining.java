package io.virtrig.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.ServiceDescriptor;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.Operation;
import io.virtrig.v1.OperationServiceGrpc;
import io.virtrig.v1.TranslationServiceGrpc;
import io.virtrig.v1.VirtqueueServiceGrpc;
import io.virtrig.wire.EveryMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The run from which the JVM makes the AOT cache of the commands that have operations executed,
 * {@code conformance} and {@code demo}, {@code call}, {@code program} and {@code kvm}: the demos, a
 * case with each operation there is, and cases that differ from what comes in each way they can.
 * What happens here is loaded and linked before such a command starts in earnest; nothing else
 * depends on it.
 */
final class OperationTraining {

  private OperationTraining() {}

  /** Trains. */
  public static void main(String[] arguments) throws IOException {
    for (String tale : List.of("demo", "vsva", "vdpa")) {
      if (execute("demo", tale, "--own-daemon") != ExitCode.OK) {
        throw new IllegalStateException("the demo " + tale + " failed");
      }
    }
    for (ServiceDescriptor service :
        List.of(
            HostServiceGrpc.getServiceDescriptor(),
            OperationServiceGrpc.getServiceDescriptor(),
            TranslationServiceGrpc.getServiceDescriptor(),
            VirtqueueServiceGrpc.getServiceDescriptor())) {
      var _ = EveryMessage.of(service);
    }
    List<String> cases = cases();
    Path folder = Files.createTempDirectory("training");
    Path file = folder.resolve("cases.jsonl");
    Path report = folder.resolve("report.json");
    try {
      Files.write(file, cases);
      var _ =
          execute(
              "conformance", "run", "--own-daemon", "--json", report.toString(), folder.toString());
      requireAll(cases.size(), JsonParser.parseString(Files.readString(report)).getAsJsonObject());
    } finally {
      Files.deleteIfExists(report);
      Files.deleteIfExists(file);
      Files.delete(folder);
    }
  }

  /** Most cases fail: what counts is that each was read, executed and reported. */
  private static void requireAll(int cases, JsonObject report) {
    int reported = 0;
    for (String outcome : List.of("passed", "failed", "unsupported")) {
      reported += report.get(outcome).getAsInt();
    }
    if (reported != cases) {
      throw new IllegalStateException(reported + " of " + cases + " cases were run");
    }
  }

  private static int execute(String... arguments) {
    return Main.commandLine(arguments).execute(arguments);
  }

  private static List<String> cases() {
    List<String> cases = new ArrayList<>();
    for (FieldDescriptor operation : Operation.getDescriptor().getFields()) {
      Message arguments = EveryMessage.in(Operation.newBuilder().newBuilderForField(operation));
      cases.add(
          """
          {"steps": [{"do": "%s", "arg": %s}]}"""
              .formatted(operation.getName(), UapiJson.toJson(arguments)));
    }
    cases.addAll(
        List.of(
            """
            {"host": {"devices": [{"name": "nic0", "kind": "pci", "bdf": "0000:00:02.0", "group": 7}]},
             "steps": [
              {"do": "open", "arg": {"path": "/dev/vfio/vfio"}, "as": "c"},
              {"do": "open", "arg": {"path": "/dev/vfio/7"}, "as": "g"},
              {"do": "VFIO_GROUP_SET_CONTAINER", "on": "g", "arg": {"value": "$c"}},
              {"do": "VFIO_SET_IOMMU", "on": "c", "arg": {"value": "VFIO_TYPE1v2_IOMMU"}},
              {"do": "VFIO_IOMMU_GET_INFO", "on": "c", "expect": {"out": {
               "flags": ["VFIO_IOMMU_INFO_PGSIZES"], "argsz": {"ge": 1},
               "caps": {"VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION": null}}}}]}""",
            """
            {"steps": [{"do": "open", "arg": {"path": "/dev/kvm"}, "expect": {"errno": "ENOENT", "out": {"value": "0x1"}}}]}""",
            """
            {"steps": [{"do": "no_such_call"}]}""",
            """
            {"host": {"arch": "vax"}, "steps": []}""",
            """
            {"device": {"model": "sim", "class": "net", "features": ["VIRTIO_F_VERSION_1"], "status": "0x0f"},
             "memory": [{"iova": "0x10000", "size": 4096, "perm": "rw", "data": [{"at": 1026, "hex": "01"}]}],
             "queues": [{"index": 0, "num": 4, "desc": "0x10000", "driver": "0x10400", "device": "0x10800"}],
             "kicks": [0],
             "expect": {"memory": [{"iova": "0x10800", "hex": "01"}], "interrupts": {"0": 2},
              "queues": {"0": {"avail_index": 9, "used_index": 9}}}}""",
            """
            {"desc": "%s", "expect": {"type": "none", "granularity": null, "addr": "0x0", "wait": true}}"""
                .formatted("0".repeat(32)),
            """
            {"regime": "vtd-nested", "config": {"sagaw": [4]}, "ram": [["0x0", "0x1000"]],
             "pasid_entry": ["0x1", "0x0", "0x0"], "memory": {"0x0": "00"},
             "accesses": [{"iova": "0x0", "access": "r", "expect": {"fault": {"reason": 1}}}]}"""));
    // A case is a line.
    return cases.stream().map(one -> one.replace("\n", "")).toList();
  }
}
