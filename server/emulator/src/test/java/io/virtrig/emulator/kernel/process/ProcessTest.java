package io.virtrig.emulator.kernel.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Rig;
import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.MunmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.ReadRequest;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.WriteRequest;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProcessTest {
  private static final long PAGE = 4096;
  private static final int PROT_NONE = 0;
  private static final int PROT_READ = 1;

  private final Rig rig = new Rig();

  @AfterEach
  void nothingIsLeft() {
    rig.close();
  }

  @Test
  void theLowestFreeDescriptorIsTheNextOne() {
    int first = rig.eventfd(0);
    int second = rig.eventfd(0);
    int third = rig.eventfd(0);
    assertThat(second).isEqualTo(first + 1);
    assertThat(third).isEqualTo(first + 2);
    rig.close(second);
    assertThat(rig.eventfd(0)).isEqualTo(second);
    assertThat(rig.eventfd(0)).isEqualTo(third + 1);
  }

  @Test
  void aClosedDescriptorIsEbadf() {
    int fd = rig.eventfd(0);
    rig.close(fd);
    assertThat(
            rig.errno(Operation.newBuilder().setClose(CloseRequest.newBuilder().setTargetFd(fd))))
        .isEqualTo("EBADF");
    assertThat(
            rig.errno(Operation.newBuilder().setClose(CloseRequest.newBuilder().setTargetFd(-1))))
        .isEqualTo("EBADF");
    assertThat(
            rig.errno(
                Operation.newBuilder()
                    .setClose(CloseRequest.newBuilder().setTargetFd(Integer.MAX_VALUE))))
        .isEqualTo("EBADF");
  }

  @Test
  void aProcessHasSoManyDescriptorsAndNotOneMore() {
    for (int i = 3; i < FdTable.LIMIT; i++) {
      rig.host()
          .apply(Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance()).build());
    }
    assertThat(
            rig.host()
                .apply(
                    Operation.newBuilder().setEventfd(EventfdRequest.getDefaultInstance()).build())
                .getErrno()
                .getName())
        .isEqualTo("EMFILE");
    assertThat(
            rig.host()
                .apply(
                    Operation.newBuilder()
                        .setOpen(OpenRequest.newBuilder().setPath("/dev/vfio/vfio"))
                        .build())
                .getErrno()
                .getName())
        .isEqualTo("EMFILE");
    for (int fd = 3; fd < FdTable.LIMIT; fd++) {
      rig.host()
          .apply(
              Operation.newBuilder().setClose(CloseRequest.newBuilder().setTargetFd(fd)).build());
    }
  }

  @Test
  void unknownProcessIsTheSimulatorsRefusalNotAnErrno() {
    Refusal refusal =
        rig.refusal(Operation.newBuilder().setExit(ExitRequest.newBuilder().setPid(77)));
    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.CODE_NOT_FOUND);
    assertThat(refusal.getField()).isEqualTo("pid");
  }

  @Test
  void aProcessThatExitedIsGoneAndItsNumberIsNotUsedAgain() {
    int pid = rig.process(ProcessRequest.newBuilder());
    rig.exit(pid);
    assertThat(
            rig.refusal(Operation.newBuilder().setExit(ExitRequest.newBuilder().setPid(pid)))
                .getCode())
        .isEqualTo(Refusal.Code.CODE_NOT_FOUND);
    assertThat(rig.process(ProcessRequest.newBuilder())).isEqualTo(pid + 1);
  }

  @Test
  void openOfWhatIsNotThereIsEnoent() {
    assertThat(
            rig.errno(
                Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath("/dev/null/x"))))
        .isEqualTo("ENOENT");
    assertThat(rig.errno(Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(""))))
        .isEqualTo("ENOENT");
    assertThat(
            rig.errno(
                Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath("/dev/vfio/07"))))
        .isEqualTo("ENOENT");
  }

  @Test
  void aNodeThatTheKernelHasButWeDoNotIsNoEnoent() {
    Operation.Builder open =
        Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath("/dev/kvm"));
    try (Rig mainframe = new Rig(HostSpec.newBuilder().setArch("s390x").build())) {
      assertThat(mainframe.refusal(open).getCode()).isEqualTo(Refusal.Code.CODE_UNIMPLEMENTED);
    }
  }

  @Test
  void memoryIsPlacedDownwardsAndReadsAsZero() {
    long first = rig.mmap(2 * PAGE);
    long second = rig.mmap(1);
    assertThat(second).isEqualTo(first - PAGE);
    assertThat(rig.load(first, 16)).containsOnly(0);
  }

  @Test
  void aHoleThatFitsIsUsedAgain() {
    long first = rig.mmap(4 * PAGE);
    rig.mmap(PAGE);
    rig.munmap(first + PAGE, 2 * PAGE);
    assertThat(rig.mmap(2 * PAGE)).isEqualTo(first + PAGE);
  }

  @Test
  void whatIsNotMappedOrNotPermittedFaults() {
    long addr = rig.mmap(2 * PAGE);
    rig.munmap(addr + PAGE, PAGE);
    assertThat(rig.errno(store(addr + PAGE - 1, 2))).isEqualTo("EFAULT");
    assertThat(rig.load(addr + PAGE - 1, 1))
        .as("what lies before the fault is written")
        .containsExactly(1);
    assertThat(rig.errno(load(addr + PAGE, 1))).isEqualTo("EFAULT");
    long readOnly = mmap(PROT_READ);
    assertThat(rig.errno(store(readOnly, 1))).isEqualTo("EFAULT");
    rig.load(readOnly, 1);
    long none = mmap(PROT_NONE);
    assertThat(rig.errno(load(none, 1))).isEqualTo("EFAULT");
  }

  @Test
  void mmapChecksItsArgumentsInOrder() {
    assertThat(rig.errno(map(MmapRequest.newBuilder().setLength(0).setAddr(1))))
        .isEqualTo("EINVAL");
    assertThat(rig.errno(map(MmapRequest.newBuilder().setLength(-1L)))).isEqualTo("ENOMEM");
    assertThat(rig.errno(map(MmapRequest.newBuilder().setLength(PAGE).setAddr(0x10001))))
        .isEqualTo("EINVAL");
    assertThat(rig.errno(map(MmapRequest.newBuilder().setLength(PAGE).setAddr(0))))
        .isEqualTo("EPERM");
    assertThat(rig.errno(map(MmapRequest.newBuilder().setLength(PAGE).setAddr(0x7ffffffff000L))))
        .isEqualTo("ENOMEM");
    assertThat(rig.errno(map(MmapRequest.newBuilder().setLength(0).setFd(99)))).isEqualTo("EBADF");
    assertThat(rig.errno(map(MmapRequest.newBuilder().setLength(PAGE).setFd(rig.eventfd(0)))))
        .isEqualTo("ENODEV");
  }

  @Test
  void mmapAtAnAddressReplacesWhatIsThere() {
    long addr = rig.mmap(3 * PAGE);
    rig.store(addr, (byte) 1);
    rig.store(addr + PAGE, (byte) 2);
    rig.store(addr + 2 * PAGE, (byte) 3);
    long placed =
        rig.ok(map(MmapRequest.newBuilder().setLength(PAGE).setAddr(addr + PAGE)))
            .getMmap()
            .getRet();
    assertThat(placed).isEqualTo(addr + PAGE);
    assertThat(rig.load(addr, 1)).containsExactly(1);
    assertThat(rig.load(addr + PAGE, 1)).containsExactly(0);
    assertThat(rig.load(addr + 2 * PAGE, 1)).containsExactly(3);
  }

  @Test
  void munmapOfNothingSucceedsAndChecksItsArguments() {
    long addr = rig.mmap(PAGE);
    rig.munmap(addr - 8 * PAGE, PAGE);
    assertThat(rig.errno(unmap(addr + 1, PAGE))).isEqualTo("EINVAL");
    assertThat(rig.errno(unmap(addr, 0))).isEqualTo("EINVAL");
    assertThat(rig.errno(unmap(addr, -1L))).isEqualTo("EINVAL");
  }

  @Test
  void processesDoNotSeeEachOthersMemory() {
    int other = rig.process(ProcessRequest.newBuilder());
    long addr = rig.mmap(PAGE);
    rig.store(addr, (byte) 1);
    assertThat(
            rig.errno(
                Operation.newBuilder()
                    .setLoad(LoadRequest.newBuilder().setPid(other).setAddr(addr).setLength(1))))
        .isEqualTo("EFAULT");
  }

  @Test
  void moreThanTheSimulatorMovesAtOnceIsItsOwnRefusal() {
    long addr = rig.mmap(8L << 20);
    assertThat(rig.refusal(load(addr, (1 << 20) + 1)).getCode())
        .isEqualTo(Refusal.Code.CODE_RESOURCE_EXHAUSTED);
    assertThat(rig.refusal(load(addr, -1)).getCode())
        .isEqualTo(Refusal.Code.CODE_RESOURCE_EXHAUSTED);
  }

  @Test
  void anEventfdCountsAndEmpties() {
    int fd = rig.eventfd(3);
    rig.write(fd, 4);
    assertThat(rig.read(fd)).isEqualTo(7);
    assertThat(rig.errno(Operation.newBuilder().setRead(ReadRequest.newBuilder().setTargetFd(fd))))
        .isEqualTo("EAGAIN");
    assertThat(
            rig.errno(
                Operation.newBuilder()
                    .setRead(ReadRequest.newBuilder().setTargetFd(fd).setLength(7))))
        .isEqualTo("EINVAL");
  }

  @Test
  void anEventfdDoesNotOverflow() {
    int fd = rig.eventfd(1);
    assertThat(rig.errno(write(fd, -1L))).isEqualTo("EINVAL");
    assertThat(rig.errno(write(fd, -2L))).isEqualTo("EAGAIN");
    rig.write(fd, -3L);
    assertThat(rig.errno(write(fd, 1))).isEqualTo("EAGAIN");
    assertThat(rig.read(fd)).isEqualTo(-2L);
  }

  @Test
  void aSemaphoreGivesOneAtATime() {
    int fd =
        (int)
            rig.ok(
                    Operation.newBuilder()
                        .setEventfd(EventfdRequest.newBuilder().setInitval(2).setFlags(1)))
                .getEventfd()
                .getRet();
    assertThat(rig.read(fd)).isEqualTo(1);
    assertThat(rig.read(fd)).isEqualTo(1);
    assertThat(rig.read(fd)).isZero();
  }

  private long mmap(int prot) {
    return rig.ok(map(MmapRequest.newBuilder().setLength(PAGE).setProt(prot))).getMmap().getRet();
  }

  private static Operation.Builder map(MmapRequest.Builder request) {
    return Operation.newBuilder().setMmap(request);
  }

  private static Operation.Builder unmap(long addr, long length) {
    return Operation.newBuilder()
        .setMunmap(MunmapRequest.newBuilder().setAddr(addr).setLength(length));
  }

  private static Operation.Builder store(long addr, int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) 1);
    return Operation.newBuilder()
        .setStore(StoreRequest.newBuilder().setAddr(addr).setBytes(ByteString.copyFrom(bytes)));
  }

  private static Operation.Builder load(long addr, long length) {
    return Operation.newBuilder().setLoad(LoadRequest.newBuilder().setAddr(addr).setLength(length));
  }

  private static Operation.Builder write(int fd, long value) {
    return Operation.newBuilder()
        .setWrite(WriteRequest.newBuilder().setTargetFd(fd).setValue(value));
  }
}
