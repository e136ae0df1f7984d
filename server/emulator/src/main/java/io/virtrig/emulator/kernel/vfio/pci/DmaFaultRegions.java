package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.uapi.NestingSeries.IOMMU_FAULT_DMA_UNRECOV;
import static io.virtrig.uapi.NestingSeries.VFIO_REGION_INFO_CAP_PRODUCER_FAULT;
import static io.virtrig.uapi.NestingSeries.VFIO_REGION_SUBTYPE_NESTED_FAULT_CONS;
import static io.virtrig.uapi.NestingSeries.VFIO_REGION_SUBTYPE_NESTED_FAULT_PROD;
import static io.virtrig.uapi.NestingSeries.VFIO_REGION_TYPE_NESTED;
import static io.virtrig.uapi.Vfio.VFIO_PCI_NUM_REGIONS;
import static io.virtrig.uapi.Vfio.VFIO_REGION_INFO_CAP_SPARSE_MMAP;
import static io.virtrig.uapi.Vfio.VFIO_REGION_INFO_CAP_TYPE;
import static io.virtrig.uapi.Vfio.VFIO_REGION_INFO_FLAG_CAPS;
import static io.virtrig.uapi.Vfio.VFIO_REGION_INFO_FLAG_MMAP;
import static io.virtrig.uapi.Vfio.VFIO_REGION_INFO_FLAG_READ;
import static io.virtrig.uapi.Vfio.VFIO_REGION_INFO_FLAG_WRITE;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.kernel.iommu.FaultHandler;
import io.virtrig.emulator.kernel.iommu.UnrecoverableFault;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.VfioDeviceGetRegionInfoResponse;
import io.virtrig.v1.VfioRegionInfoCapability;
import io.virtrig.v1.VfioRegionSparseMmapArea;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The two regions by which a user takes the faults of a device's stage 1 (nested SMMUv3 series v7,
 * vfio_pci_dma_fault_init and vfio_pci_iommu_dev_fault_handler): the producer's header and queue,
 * and the consumer's index. They belong to the device and outlive its files.
 *
 * <p>The user chooses an ABI by its first write of the consumer region; before that nothing is
 * recorded and nothing can be read.
 */
final class DmaFaultRegions implements Stateful, FaultHandler {
  /** The region of header and queue, and the one behind it. */
  static final int PRODUCER = VFIO_PCI_NUM_REGIONS;

  static final int CONSUMER = PRODUCER + 1;

  /** How many regions the series adds. */
  static final int COUNT = 2;

  private static final int PAGE_SIZE = 4096;
  private static final int PRODUCER_SIZE = 2 * PAGE_SIZE;
  private static final int CONSUMER_SIZE = 8;
  private static final int HIGHEST_ABI = 1;

  /** sizeof(struct iommu_fault) in v7. */
  private static final int ENTRY_SIZE = 48;

  private static final int ENTRIES = PAGE_SIZE / ENTRY_SIZE;

  // struct vfio_region_dma_fault.
  private static final int VERSION = 0;
  private static final int NB_ENTRIES = 4;
  private static final int ENTRY_SIZE_AT = 8;
  private static final int OFFSET = 12;
  private static final int PROD = 16;

  // struct iommu_fault with struct iommu_fault_unrecoverable.
  private static final int REASON = 8;
  private static final int FLAGS = 12;
  private static final int PASID = 16;
  private static final int PERM = 20;
  private static final int ADDR = 24;
  private static final int FETCH_ADDR = 32;

  // vfio_region_info with each capability, whose headers take eight bytes.
  private static final int REGION_INFO_SIZE = 32;
  private static final int TYPE_SIZE = 16;
  private static final int PRODUCER_FAULT_SIZE = 16;
  private static final int SPARSE_MMAP_SIZE = 32;

  private final ByteBuffer producer =
      ByteBuffer.allocate(PRODUCER_SIZE).order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer consumer =
      ByteBuffer.allocate(CONSUMER_SIZE).order(ByteOrder.LITTLE_ENDIAN);
  private final SingleTrigger trigger = new SingleTrigger();
  private final EventLog events;
  private final String device;

  /** 0 until the user has chosen one. */
  private int abi;

  /** Of a device, with no ABI chosen. */
  DmaFaultRegions(EventLog events, String device) {
    this.events = events;
    this.device = device;
    producer.putInt(VERSION, -1);
    producer.putInt(OFFSET, PAGE_SIZE);
  }

  /** What VFIO_PCI_DMA_FAULT_IRQ_INDEX signals. */
  SingleTrigger trigger() {
    return trigger;
  }

  /** Whether a region is one of these. */
  static boolean has(int index) {
    return index == PRODUCER || index == CONSUMER;
  }

  /** VFIO_DEVICE_GET_REGION_INFO. */
  static void describe(VfioDeviceGetRegionInfoResponse.Builder out) {
    boolean produces = out.getIndex() == PRODUCER;
    int needed =
        REGION_INFO_SIZE + TYPE_SIZE + (produces ? PRODUCER_FAULT_SIZE + SPARSE_MMAP_SIZE : 0);
    out.setSize(produces ? PRODUCER_SIZE : CONSUMER_SIZE)
        .setFlags(
            VFIO_REGION_INFO_FLAG_CAPS
                | (produces
                    ? VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_MMAP
                    : VFIO_REGION_INFO_FLAG_WRITE));
    if (Integer.compareUnsigned(out.getArgsz(), needed) < 0) {
      out.setArgsz(needed);
      return;
    }
    out.setCapOffset(REGION_INFO_SIZE).addCaps(type(produces));
    if (produces) {
      out.addCaps(
              VfioRegionInfoCapability.newBuilder()
                  .setId(VFIO_REGION_INFO_CAP_PRODUCER_FAULT)
                  .setVersion(HIGHEST_ABI))
          .addCaps(
              VfioRegionInfoCapability.newBuilder()
                  .setId(VFIO_REGION_INFO_CAP_SPARSE_MMAP)
                  .setVersion(1)
                  .setNrAreas(1)
                  .addAreas(
                      VfioRegionSparseMmapArea.newBuilder()
                          .setOffset(PAGE_SIZE)
                          .setSize(PAGE_SIZE)));
    }
  }

  private static VfioRegionInfoCapability type(boolean produces) {
    return VfioRegionInfoCapability.newBuilder()
        .setId(VFIO_REGION_INFO_CAP_TYPE)
        .setVersion(1)
        .setType(VFIO_REGION_TYPE_NESTED)
        .setSubtype(
            produces
                ? VFIO_REGION_SUBTYPE_NESTED_FAULT_PROD
                : VFIO_REGION_SUBTYPE_NESTED_FAULT_CONS)
        .build();
  }

  /** pread(2). The consumer region gives nothing. */
  ByteString read(int region, long at, int length) {
    if (region == CONSUMER) {
      return ByteString.EMPTY;
    }
    if (abi == 0) {
      throw KernelError.invalid("no ABI is chosen: the consumer region's version comes first");
    }
    if (at >= PRODUCER_SIZE) {
      throw KernelError.invalid("position 0x" + Long.toHexString(at) + " is behind the region");
    }
    return ByteString.copyFrom(
        producer.array(), (int) at, (int) Math.min(length, PRODUCER_SIZE - at));
  }

  /** pwrite(2). The producer region takes nothing. */
  int write(int region, long at, ByteString from) {
    if (region == PRODUCER) {
      return 0;
    }
    if (at >= CONSUMER_SIZE) {
      throw KernelError.invalid("position 0x" + Long.toHexString(at) + " is behind the region");
    }
    int length = (int) Math.min(from.size(), CONSUMER_SIZE - at);
    ByteBuffer wanted = ByteBuffer.wrap(consumer.array().clone()).order(ByteOrder.LITTLE_ENDIAN);
    from.substring(0, length).copyTo(wanted.array(), (int) at);
    check(wanted.getInt(0), wanted.getInt(4));
    System.arraycopy(wanted.array(), 0, consumer.array(), 0, CONSUMER_SIZE);
    return length;
  }

  /** vfio_pci_dma_fault_rw and vfio_pci_set_ext_abi. As posted, version 0 is out of bounds. */
  private void check(int version, int cons) {
    if (version == 0 || Integer.compareUnsigned(version, HIGHEST_ABI) > 0) {
      throw KernelError.invalid(
          "version " + Integer.toUnsignedString(version) + " is not from 1 to " + HIGHEST_ABI);
    }
    if (abi == 0) {
      abi = version;
      producer.putInt(ENTRY_SIZE_AT, ENTRY_SIZE);
      producer.putInt(NB_ENTRIES, ENTRIES);
      return;
    }
    if (version != abi) {
      throw KernelError.invalid("version " + version + " is not the ABI chosen, " + abi);
    }
    if (cons != 0 && Integer.compareUnsigned(cons, ENTRIES) >= 0) {
      throw KernelError.invalid(
          "cons " + Integer.toUnsignedString(cons) + " is not below " + ENTRIES);
    }
  }

  /** mmap(2): the queue's page and nothing else. */
  DeviceMemory map(int region, long start, long length) {
    if (region == CONSUMER || start < PAGE_SIZE || start + length > PRODUCER_SIZE) {
      throw KernelError.invalid("only the page of the queue can be mapped");
    }
    return new QueuePage(producer.array());
  }

  /**
   * vfio_pci_iommu_dev_fault_handler. The room left is computed by a macro meant for powers of two,
   * as posted: once cons has moved, the queue may call itself full some slots early.
   */
  @Override
  public void fault(UnrecoverableFault fault) {
    if (abi == 0) {
      return;
    }
    int prod = producer.getInt(PROD);
    int cons = consumer.getInt(4);
    if (((cons - (prod + 1)) & (ENTRIES - 1)) < 1) {
      tell("dropped", fault);
      return;
    }
    int at = PAGE_SIZE + prod * ENTRY_SIZE;
    producer.putInt(at, IOMMU_FAULT_DMA_UNRECOV);
    producer.putInt(at + 4, 0);
    producer.putInt(at + REASON, fault.reason());
    producer.putInt(at + FLAGS, fault.flags());
    producer.putInt(at + PASID, fault.pasid());
    producer.putInt(at + PERM, fault.perm());
    producer.putLong(at + ADDR, fault.addr());
    producer.putLong(at + FETCH_ADDR, fault.fetchAddr());
    producer.putLong(at + FETCH_ADDR + Long.BYTES, 0);
    producer.putInt(PROD, (prod + 1) % ENTRIES);
    tell("recorded", fault);
    trigger.signal();
  }

  private void tell(String label, UnrecoverableFault fault) {
    events.record(
        EventKind.EVENT_KIND_GUEST_FAULT,
        label,
        () -> device,
        () -> label + ": reason " + fault.reason() + " at 0x" + Long.toHexString(fault.addr()));
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("abi", abi);
    out.number("prod", producer.getInt(PROD));
    out.number("cons", consumer.getInt(4));
    out.hex("contents", StateHash.ofBytes(producer.array()));
    trigger.writeState(out, "eventfd");
  }

  /** The queue in a process's memory: it is shared, and the process may write it. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record QueuePage(byte[] region) implements DeviceMemory {
    @Override
    public void read(long offset, byte[] to, int at, int length) {
      System.arraycopy(region, PAGE_SIZE + (int) offset, to, at, length);
    }

    @Override
    public void write(long offset, byte[] from, int at, int length) {
      System.arraycopy(from, at, region, PAGE_SIZE + (int) offset, length);
    }
  }
}
