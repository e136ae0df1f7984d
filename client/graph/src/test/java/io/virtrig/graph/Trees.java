package io.virtrig.graph;

import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;
import java.util.ArrayList;
import java.util.List;

/** State trees made by hand, as the daemon writes them. */
final class Trees {

  private Trees() {}

  static StateNode node(String name, String key, String... fields) {
    return node(name, key, List.of(fields));
  }

  static StateNode node(String name, String key, StateNode... children) {
    return node(name, key, List.of(), children);
  }

  /** Fields are {@code name=value}. */
  static StateNode node(String name, String key, List<String> fields, StateNode... children) {
    StateNode.Builder node = StateNode.newBuilder().setName(name).setKey(key);
    for (String field : fields) {
      int at = field.indexOf('=');
      node.addFields(
          StateField.newBuilder()
              .setName(field.substring(0, at))
              .setValue(field.substring(at + 1)));
    }
    return node.addAllChildren(List.of(children)).build();
  }

  static DescribeHostResponse host(StateNode... children) {
    DescribeHostResponse.Builder host = DescribeHostResponse.newBuilder();
    host.getHostBuilder().setName("hosts/rig");
    return host.setState(node("host", "", List.of(), children)).build();
  }

  /** A VM whose GSI 24 is vector 0 of a NIC behind VT-d. */
  static DescribeHostResponse passthrough(boolean posting) {
    StateNode vm =
        node(
            "vm",
            "KvmVm#2",
            List.of("boot_cpu_id=0"),
            node(
                "memory",
                "",
                node(
                    "address_space",
                    "0",
                    node("slot", "0", "id=0", "guest_phys_addr=0x0", "pages=262144"))),
            node(
                "irqchip",
                "",
                List.of("mode=KERNEL"),
                node("routing", "", node("gsi", "24", "address_lo=0xfee00000", "data=0x41")),
                node("deliveries", "", "injected 24=5", "posted 24=5")),
            node(
                "irqfds",
                "",
                node(
                    "irqfd",
                    "EventFd#20",
                    List.of("gsi=24"),
                    node("eventfd", "EventFd#20", "count=0"))),
            node(
                "ioeventfds",
                "",
                node(
                    "ioeventfd",
                    "0xfe003000",
                    List.of("bus=MMIO", "addr=0xfe003000", "len=4", "wildcard=1"),
                    node("eventfd", "EventFd#21", "count=0"))),
            node("vcpu", "KvmVcpu#3", List.of("vcpu_id=0"), node("lapic", "", "svr=0x1ff")));
    StateNode device =
        node(
            "device",
            "VfioPciDevice#12",
            List.of("function=nic0"),
            node("irqs", "", node("msix", "", "count=1", "vector 0=EventFd#20")));
    StateNode group =
        node(
            "group",
            "VfioGroup#11",
            List.of("number=7", "open=1", "container=VfioContainer#10"),
            device);
    StateNode iommu =
        node("iommu", "", List.of("mode=v2"), node("mapping", "0x0", "size=0x40000000"));
    StateNode files =
        node(
            "files",
            "",
            List.of("fd 5=EventFdFile#30"),
            node("fd 3", "KvmVmFile#1", vm),
            node("fd 4", "KvmVcpuFile#4", "vcpu=KvmVcpu#3", "vm=KvmVm#2"),
            node("fd 6", "VfioContainer#10", group, iommu),
            node("fd 7", "VfioGroupFile#13", "group=VfioGroup#11"),
            node("fd 8", "VfioDeviceFile#14", "device=VfioPciDevice#12"),
            node("fd 9", "EventFdFile#30", "context=EventFd#20"));
    DescribeHostResponse.Builder host =
        host(
            node("process", "1", files, node("memory", "", "locked_pages=0")),
            node("devices", "", "group=VfioGroup#11"),
            node(
                "irqbypass",
                "",
                node(
                    "producer",
                    "EventFd#20",
                    "interrupt=nic0 msix 0",
                    "connected=1",
                    "posting=" + (posting ? 1 : 0)),
                node("consumer", "EventFd#20", "sink=VM 2, GSI 24", "connected=1")),
            node("machine", "", node("function", "nic0", "bdf=0000:3b:00.0", "command=0x406")))
            .toBuilder();
    host.getHostBuilder()
        .getSpecBuilder()
        .getIommuBuilder()
        .setModel("intel-vtd")
        .setAddressWidth(48)
        .setPostedInterrupts(true);
    host.getHostBuilder()
        .getSpecBuilder()
        .addDevicesBuilder()
        .setName("nic0")
        .setGroup(7)
        .setDriver("vfio-pci");
    return host.build();
  }

  /** A host whose every process has an eventfd, shared with the next. */
  static DescribeHostResponse crowd(int processes) {
    List<StateNode> all = new ArrayList<>();
    for (int pid = 1; pid <= processes; pid++) {
      StateNode file =
          node(
              "fd 4",
              "EventFdFile#" + pid,
              node("context", "EventFd#" + (100_000 + pid), "count=0"));
      String shared = "fd 3=EventFdFile#" + (1 + pid * 7 % processes);
      all.add(node("process", Integer.toString(pid), node("files", "", List.of(shared), file)));
    }
    return host(all.toArray(StateNode[]::new));
  }
}
