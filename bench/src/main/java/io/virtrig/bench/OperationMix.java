package io.virtrig.bench;

import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_READ;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_WRITE;
import static io.virtrig.uapi.Vfio.VFIO_IRQ_SET_ACTION_TRIGGER;
import static io.virtrig.uapi.Vfio.VFIO_IRQ_SET_DATA_EVENTFD;
import static io.virtrig.uapi.Vfio.VFIO_PCI_MSIX_IRQ_INDEX;

import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HwRaiseIrqRequest;
import io.virtrig.v1.KvmCreateIrqchipRequest;
import io.virtrig.v1.KvmIrqLineRequest;
import io.virtrig.v1.KvmSetUserMemoryRegionRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioGroupGetDeviceFdRequest;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIommuUnmapDmaRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * What a VMM keeps a host busy with: mappings, memory slots and interrupts, 64 operations that
 * leave the host as it was.
 */
final class OperationMix {
  static final HostSpec SPEC =
      HostSpec.newBuilder()
          .addDevices(
              DeviceSpec.newBuilder().setName("nic0").setBdf("0000:00:02.0").setGroup(1).setMsix(8))
          .build();

  private static final long GUEST_MEMORY = 1L << 30;
  private static final long PIECE = 2L << 20;
  private static final int MAPPINGS = 12;
  private static final int SLOTS = 10;
  private static final int LINES = 5;
  private static final int MESSAGES = 10;
  private static final int GSI = 10;

  private final BenchHost host;
  private final List<Operation> operations = new ArrayList<>();

  /** Prepares the host. */
  OperationMix(VirtrigHost served) {
    host = new BenchHost((Operation operation) -> served.execute(operation));
    long memory = host.mmap(GUEST_MEMORY);
    BenchHost.Vfio vfio = host.openVfio(1);
    int vm = host.createVm();
    host.ok(
        Operation.newBuilder()
            .setKvmCreateIrqchip(KvmCreateIrqchipRequest.newBuilder().setTargetFd(vm))
            .build());
    routeMessages(vfio.group());
    for (int i = 0; i < MAPPINGS; i++) {
      map(vfio.container(), memory, i);
    }
    for (int i = 0; i < SLOTS; i++) {
      slot(vm, i, PIECE, memory);
      slot(vm, i, 0, memory);
    }
    for (int i = 0; i < LINES; i++) {
      line(vm, 1);
      line(vm, 0);
    }
    for (int i = 0; i < MESSAGES; i++) {
      operations.add(
          Operation.newBuilder()
              .setHwRaiseIrq(
                  HwRaiseIrqRequest.newBuilder()
                      .setDevice("nic0")
                      .setIndex(VFIO_PCI_MSIX_IRQ_INDEX))
              .build());
    }
  }

  /** The operations, in this order. */
  List<Operation> operations() {
    return operations;
  }

  private void routeMessages(int group) {
    long device =
        host.ok(
                Operation.newBuilder()
                    .setVfioGroupGetDeviceFd(
                        VfioGroupGetDeviceFdRequest.newBuilder()
                            .setTargetFd(group)
                            .setName("0000:00:02.0"))
                    .build())
            .getVfioGroupGetDeviceFd()
            .getRet();
    host.ok(
        Operation.newBuilder()
            .setVfioDeviceSetIrqs(
                VfioDeviceSetIrqsRequest.newBuilder()
                    .setTargetFd((int) device)
                    .setFlags(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
                    .setIndex(VFIO_PCI_MSIX_IRQ_INDEX)
                    .setCount(1)
                    .addData(host.eventfd()))
            .build());
  }

  private void map(int container, long memory, int number) {
    long iova = number * PIECE;
    operations.add(
        Operation.newBuilder()
            .setVfioIommuMapDma(
                VfioIommuMapDmaRequest.newBuilder()
                    .setTargetFd(container)
                    .setFlags(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
                    .setVaddr(memory + iova)
                    .setIova(iova)
                    .setSize(PIECE))
            .build());
    operations.add(
        Operation.newBuilder()
            .setVfioIommuUnmapDma(
                VfioIommuUnmapDmaRequest.newBuilder()
                    .setTargetFd(container)
                    .setIova(iova)
                    .setSize(PIECE))
            .build());
  }

  private void slot(int vm, int number, long size, long memory) {
    operations.add(
        Operation.newBuilder()
            .setKvmSetUserMemoryRegion(
                KvmSetUserMemoryRegionRequest.newBuilder()
                    .setTargetFd(vm)
                    .setSlot(number)
                    .setGuestPhysAddr(number * PIECE)
                    .setMemorySize(size)
                    .setUserspaceAddr(memory + number * PIECE))
            .build());
  }

  private void line(int vm, int level) {
    operations.add(
        Operation.newBuilder()
            .setKvmIrqLine(
                KvmIrqLineRequest.newBuilder().setTargetFd(vm).setIrq(GSI).setLevel(level))
            .build());
  }
}
