package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.emulator.kernel.kvm.KvmRig.PAGE;
import static io.virtrig.emulator.kernel.kvm.KvmRig.region;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.virtrig.v1.Operation;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KvmMemoryRegionTest {
  private static final int LOG = 1;
  private static final int READONLY = 2;
  private static final int HOLE = 4;

  private final KvmRig kvm = new KvmRig("pci-hole-v1");
  private final long memory = kvm.rig.mmap(16L * PAGE);

  @AfterEach
  void nothingIsLeft() {
    kvm.close();
  }

  private String check(int slot, int flags, long gpa, long size, long hva) {
    var result = kvm.rig.apply(region(kvm.vm, slot, flags, gpa, size, hva));
    return result.getErrno().getName() + " " + result.getErrno().getCheck();
  }

  /** Each call has the fault named and every later one that can go with it. */
  @Test
  void checksComeInTheKernelsOrder() {
    assertThat(check(0x2fffc, 8, 0x800, 0x10, 1)).startsWith("EINVAL slot id");
    assertThat(check(0x20000, 8, 0x800, 0x10, 1)).startsWith("EINVAL unknown flags 0x8");
    assertThat(check(0x20000, HOLE | LOG, 0x800, 0x10, 1)).startsWith("EINVAL memory_size");
    assertThat(check(0x20000, HOLE | LOG, 0x800, 0x1000, 1)).startsWith("EINVAL guest_phys_addr");
    assertThat(check(0x20000, HOLE | LOG, -PAGE, 0x1000, 1)).contains("goes with neither");
    assertThat(check(0x20000, HOLE, -PAGE, 0x1000, 1)).contains("of a PCI hole is not 0");
    assertThat(check(0x20000, 0, -PAGE, 0x1000, 1)).contains("userspace_addr 0x1 is not");
    assertThat(check(0x20000, 0, -PAGE, 0x1000, 0x7ffffffff000L)).contains("leaves the user");
    assertThat(check(0x20000, 0, -PAGE, 0x1000, memory)).startsWith("EINVAL address space 2");
    assertThat(check(0, HOLE, -PAGE, 1L << 43, 0)).contains("wraps");
    assertThat(check(0, HOLE, 1L << 52, 1L << 43, 0)).contains("pages are more than");
    assertThat(check(0, 0, 1L << 52, 0, memory)).contains("does not exist");
  }

  @Test
  void anOverlapIsToldBeforeTheWidthOfAddresses() {
    kvm.slot(0, 0, 0x3ffffffff000L, PAGE, memory);
    assertThat(check(1, 0, 0x3ffffffff000L, 2 * PAGE, memory)).startsWith("EEXIST");
    assertThat(check(1, 0, 0x400000000000L, PAGE, memory)).startsWith("EINVAL the last page");
  }

  @Test
  void whatASlotCannotChangeIsToldBeforeAnOverlap() {
    kvm.slot(0, 0, 0, PAGE, memory);
    kvm.slot(1, 0, 0x10000, PAGE, memory);
    assertThat(check(1, READONLY, 0, 2 * PAGE, memory + PAGE)).contains("userspace_addr of slot");
    assertThat(check(1, READONLY, 0, 2 * PAGE, memory)).contains("memory_size of slot");
    assertThat(check(1, READONLY, 0, PAGE, memory)).contains("KVM_MEM_READONLY of slot");
    assertThat(check(1, LOG, 0, PAGE, memory)).startsWith("EEXIST");
  }

  @Test
  void aFailedMoveLeavesTheSlotAndItsLog() {
    kvm.slot(0, 0, 0, PAGE, memory);
    kvm.slot(1, LOG, 0x10000, 2 * PAGE, memory + PAGE);
    assertThat(kvm.write(0x11000, (byte) 1)).isEqualTo("none");
    String before = kvm.rig.host().stateHash();
    assertThat(check(1, LOG, 0, 2 * PAGE, memory + PAGE)).startsWith("EEXIST");
    assertThat(kvm.rig.host().stateHash()).isEqualTo(before);
    assertThat(check(1, LOG, 0x400000000000L, 2 * PAGE, memory + PAGE)).startsWith("EINVAL");
    assertThat(kvm.read(0x11000, 1).getBytes().byteAt(0)).isEqualTo((byte) 1);
    assertThat(kvm.dirty(1).byteAt(0)).isEqualTo((byte) 2);
  }

  @Test
  void everySlotOfAnAddressSpaceCanBeUsed() {
    for (int id = 0; id < KvmMemory.MOST_SLOTS; id++) {
      // Two orders at once: even ids upwards, odd ids downwards.
      long page = id % 2 == 0 ? id : 2L * KvmMemory.MOST_SLOTS - id;
      kvm.slot(id, HOLE, page * 2 * PAGE, PAGE, 0);
    }
    assertThat(kvm.read(2L * 1000 * PAGE, 1).getExit()).isEqualTo("none");
    assertThat(kvm.read((2L * 1000 + 1) * PAGE, 1).getExit()).isEqualTo("KVM_EXIT_MMIO");
    assertThat(check(7, HOLE, 0, PAGE, 0)).startsWith("EEXIST");
    for (int id = 0; id < KvmMemory.MOST_SLOTS; id++) {
      kvm.slot(id, 0, 0, 0, 0);
    }
    assertThat(kvm.read(2L * 1000 * PAGE, 1).getExit()).isEqualTo("KVM_EXIT_MMIO");
  }

  @Test
  void aTerabyteSlotWithALogAllocatesWhatAPageDoes() {
    long large = 1L << 40;
    long base = kvm.rig.mmap(large);
    allocated(region(kvm.vm, 0, LOG, 0, PAGE, base));
    long page = allocated(region(kvm.vm, 1, LOG, 1L << 42, PAGE, base));
    long terabyte = allocated(region(kvm.vm, 2, LOG, 1L << 43, large, base));
    assertThat(terabyte).isLessThan(page + 1024);
    assertThat(kvm.write((1L << 43) + large - 1, (byte) 7)).isEqualTo("none");
    assertThat(kvm.dirty(2).byteAt((32 << 20) - 1)).isEqualTo((byte) 0x80);
    assertThat(allocated(KvmRig.getDirtyLog(kvm.vm, 2)))
        .as("bytes allocated to read a log of 32 MiB without a dirty page")
        .isLessThan(1 << 20);
    kvm.rig.munmap(base, large);
  }

  @Test
  void readingAPciHoleAllocatesNoMemory() {
    kvm.slot(0, HOLE, 0xb0000000L, 256 << 20, 0);
    long before = kvm.rig.usedFrames();
    for (long at = 0; at < 256 << 20; at += 1 << 20) {
      assertThat(kvm.read(0xb0000000L + at, 4).getBytes().byteAt(3)).isEqualTo((byte) 0xff);
    }
    assertThat(kvm.rig.usedFrames()).isEqualTo(before);
    assertThat(allocated(KvmRig.guestRead(kvm.vm, 0xb0000000L, 4))).isLessThan(4096);
  }

  private long allocated(Operation.Builder operation) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    kvm.rig.apply(operation);
    long before = threads.getCurrentThreadAllocatedBytes();
    kvm.rig.apply(operation);
    return threads.getCurrentThreadAllocatedBytes() - before;
  }
}
