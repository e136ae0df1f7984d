package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.emulator.kernel.kvm.KvmRig.PAGE;
import static io.virtrig.emulator.kernel.kvm.KvmRig.guestRead;
import static io.virtrig.emulator.kernel.kvm.KvmRig.guestWrite;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.GuestReadResponse;
import io.virtrig.v1.KvmRegisterCoalescedMmioRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.Operation;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuestAccessTest {
  private static final int LOG = 1;
  private static final int READONLY = 2;
  private static final int HOLE = 4;

  private final KvmRig kvm = new KvmRig("pci-hole-v2");
  private final long memory = kvm.rig.mmap(8L * PAGE);

  @AfterEach
  void nothingIsLeft() {
    kvm.close();
  }

  @Test
  void anAccessAcrossSlotsIsTreatedPieceByPiece() {
    kvm.slot(0, LOG, 0, PAGE, memory + 4 * PAGE);
    kvm.slot(1, LOG, PAGE, PAGE, memory);
    assertThat(kvm.write(PAGE - 2, (byte) 1, (byte) 2, (byte) 3)).isEqualTo("none");
    assertThat(kvm.rig.load(memory + 5 * PAGE - 2, 2)).containsExactly(1, 2);
    assertThat(kvm.rig.load(memory, 1)).containsExactly(3);
    assertThat(kvm.dirty(0).byteAt(0)).isEqualTo((byte) 1);
    assertThat(kvm.dirty(1).byteAt(0)).isEqualTo((byte) 1);
    assertThat(kvm.read(PAGE - 2, 3).getBytes().toByteArray()).containsExactly(1, 2, 3);
  }

  @Test
  void memoryBesideAnExitIsWrittenAllTheSame() {
    kvm.slot(0, 0, 0, PAGE, memory);
    kvm.slot(1, READONLY, PAGE, PAGE, memory + PAGE);
    kvm.slot(2, HOLE, 2 * PAGE, PAGE, 0);
    assertThat(kvm.write(PAGE - 1, (byte) 5, (byte) 6)).isEqualTo("KVM_EXIT_MMIO");
    assertThat(kvm.rig.load(memory + PAGE - 1, 2)).containsExactly(5, 0);
    assertThat(kvm.read(2 * PAGE - 1, 2).getBytes().toByteArray()).containsExactly(0, -1);
    assertThat(kvm.read(3 * PAGE - 1, 2).getExit()).isEqualTo("KVM_EXIT_MMIO");
  }

  @Test
  void readingAllOfALargeHoleAllocatesNothing() {
    long hole = 256L << 20;
    int piece = 1 << 20;
    kvm.slot(2, HOLE, 1L << 30, hole, 0);
    long frames = kvm.rig.usedFrames();
    String state = kvm.rig.host().stateHash();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (long at = 0; at < hole; at += piece) {
      GuestReadResponse read = kvm.read((1L << 30) + at, piece);
      assertThat(read.getBytes().size()).isEqualTo(piece);
      assertThat(read.getBytes().byteAt(piece - 1)).isEqualTo((byte) 0xff);
    }
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(allocated).as("bytes, for answers and assertions").isLessThan(hole / 100);
    assertThat(kvm.rig.usedFrames()).isEqualTo(frames);
    assertThat(kvm.rig.host().stateHash()).isEqualTo(state);
  }

  @Test
  void unmappedMemoryBehindASlotIsEfaultAfterWhatLiesBefore() {
    kvm.slot(0, LOG, 0, 8L * PAGE, memory);
    kvm.rig.munmap(memory + PAGE, PAGE);
    assertThat(kvm.rig.errno(guestWrite(kvm.vm, PAGE - 1, (byte) 9, (byte) 9))).isEqualTo("EFAULT");
    assertThat(kvm.rig.errno(guestRead(kvm.vm, PAGE, 1))).isEqualTo("EFAULT");
    assertThat(kvm.rig.load(memory + PAGE - 1, 1)).containsExactly(9);
    assertThat(kvm.dirty(0).byteAt(0)).isEqualTo((byte) 1);
    kvm.slot(1, 0, 0x100000, PAGE, 0);
    assertThat(kvm.rig.errno(guestRead(kvm.vm, 0x100000, 1))).isEqualTo("EFAULT");
  }

  @Test
  void memoryThatTheProcessCannotWriteIsEfaultForAWrite() {
    long readOnly =
        kvm.rig
            .ok(Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(PAGE).setProt(1)))
            .getMmap()
            .getRet();
    kvm.slot(0, LOG, 0, PAGE, readOnly);
    assertThat(kvm.rig.errno(guestWrite(kvm.vm, 0, (byte) 1))).isEqualTo("EFAULT");
    assertThat(kvm.read(0, 1).getBytes().byteAt(0)).isZero();
    assertThat(kvm.dirty(0).byteAt(0)).isZero();
  }

  /** A read fault on a page that the process has written maps it writable, and so dirty: once. */
  @Test
  void theFirstReadOfAPageThatTheProcessHasWrittenMarksIt() {
    kvm.slot(0, LOG, 0, 4L * PAGE, memory);
    kvm.rig.store(memory + PAGE, (byte) 1);
    kvm.read(0, 1);
    kvm.read(PAGE, 1);
    assertThat(kvm.dirty(0).byteAt(0)).isEqualTo((byte) 2);
    kvm.read(PAGE, 1);
    assertThat(kvm.dirty(0).byteAt(0)).isZero();
    kvm.slot(1, 0, 0x100000, PAGE, memory);
    kvm.slot(1, 0, 0, 0, 0);
    kvm.read(PAGE, 1);
    assertThat(kvm.dirty(0).byteAt(0)).as("deleting any slot unmaps all").isEqualTo((byte) 2);
  }

  @Test
  void exitsAreToldAsEvents() {
    kvm.write(0x1000, (byte) 1);
    assertThat(kvm.rig.host().events().after(0, 10))
        .anyMatch(
            event ->
                event.getKind() == EventKind.EVENT_KIND_VM_EXIT
                    && event.getDetail().equals("KVM_EXIT_MMIO: write of 1 bytes at 0x1000"));
  }

  /**
   * The ring has 170 entries, but up to Linux 6.11 it counts as full with 85 while the process has
   * taken none: the distance is computed in 32 bits, which 170 does not divide.
   */
  @Test
  void coalescedWritesWaitInTheRingUntilItIsFull() {
    int vcpu = kvm.vcpu(0);
    kvm.rig.ok(
        Operation.newBuilder()
            .setKvmRegisterCoalescedMmio(
                KvmRegisterCoalescedMmioRequest.newBuilder()
                    .setTargetFd(kvm.vm)
                    .setAddr(0xc0000000L)
                    .setSize(PAGE)));
    long run =
        kvm.rig
            .ok(
                Operation.newBuilder()
                    .setMmap(MmapRequest.newBuilder().setFd(vcpu).setLength(KvmVcpu.MMAP_SIZE)))
            .getMmap()
            .getRet();
    long ring = run + 2L * PAGE;
    assertThat(kvm.write(0xc0000004L, (byte) 0x11, (byte) 0x22)).isEqualTo("none");
    assertThat(kvm.rig.load(ring, 8)).containsExactly(0, 0, 0, 0, 1, 0, 0, 0);
    assertThat(kvm.rig.load(ring + 8, 24))
        .containsExactly(
            4, 0, 0, 0xc0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x22, 0, 0, 0, 0, 0, 0);
    for (int i = 1; i < 85; i++) {
      assertThat(kvm.write(0xc0000000L, (byte) i)).isEqualTo("none");
    }
    assertThat(kvm.write(0xc0000000L, (byte) 1)).isEqualTo("KVM_EXIT_MMIO");
    kvm.rig.store(ring, (byte) 1);
    assertThat(kvm.write(0xc0000000L, (byte) 1)).isEqualTo("none");
    assertThat(kvm.read(0xc0000000L, 1).getExit()).isEqualTo("KVM_EXIT_MMIO");
    kvm.rig.munmap(run, KvmVcpu.MMAP_SIZE);
  }
}
