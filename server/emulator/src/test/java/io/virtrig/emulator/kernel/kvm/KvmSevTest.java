package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.Rig;
import io.virtrig.v1.*;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SEV guests beyond what the shared cases show. */
class KvmSevTest {
  private final Rig rig =
      new Rig(
          HostSpec.newBuilder()
              .setCpu("amd")
              .setKernel(KernelSpec.newBuilder().setSev(true))
              .build());
  private final int kvm = rig.open("/dev/kvm");
  private final int vm =
      (int)
          rig.ok(
                  Operation.newBuilder()
                      .setKvmCreateVm(KvmCreateVmRequest.newBuilder().setTargetFd(kvm)))
              .getKvmCreateVm()
              .getRet();
  private final int sev = rig.open("/dev/sev");
  private final long memory = rig.mmap(0x40000);

  @AfterEach
  void close() {
    rig.close();
  }

  private Operation.Builder command(int id, KvmSevData.Builder data) {
    return Operation.newBuilder()
        .setKvmMemoryEncryptOp(
            KvmMemoryEncryptOpRequest.newBuilder()
                .setTargetFd(vm)
                .setId(id)
                .setSevFd(sev)
                .setData(data));
  }

  private Operation.Builder command(int id) {
    return command(id, KvmSevData.newBuilder());
  }

  private KvmSevData ok(Operation.Builder command) {
    return rig.ok(command).getKvmMemoryEncryptOp().getData();
  }

  /** The firmware's error of a command that must fail with EIO. */
  private int refused(Operation.Builder command) {
    Result result = rig.apply(command);
    assertThat(result.getErrno().getName()).as("%s", result).isEqualTo("EIO");
    return result.getKvmMemoryEncryptOp().getError();
  }

  private static KvmSevData.Builder range(long address, int length) {
    return KvmSevData.newBuilder().setUaddr(address).setLen(length);
  }

  /** Every command in every state of a guest against the table of the SEV API. */
  @Test
  void everyCommandInEveryState() {
    ok(command(KVM_SEV_INIT));
    assertThat(ok(command(KVM_SEV_LAUNCH_START)).getHandle()).isPositive();
    Operation.Builder update = command(KVM_SEV_LAUNCH_UPDATE_DATA, range(memory, 64));
    Operation.Builder measure = command(KVM_SEV_LAUNCH_MEASURE, range(memory + 0x1000, 48));
    Operation.Builder finish = command(KVM_SEV_LAUNCH_FINISH);
    Operation.Builder secret =
        command(
            KVM_SEV_LAUNCH_SECRET,
            KvmSevData.newBuilder()
                .setGuestUaddr(memory)
                .setGuestLen(16)
                .setTransUaddr(memory)
                .setTransLen(16)
                .setHdrUaddr(memory)
                .setHdrLen(16));
    assertThat(refused(secret)).isEqualTo(2);
    assertThat(refused(finish)).isEqualTo(2);
    ok(update);
    ok(measure);
    assertThat(refused(update)).isEqualTo(2);
    assertThat(refused(measure)).isEqualTo(2);
    ok(secret);
    ok(finish);
    assertThat(refused(update)).isEqualTo(2);
    assertThat(refused(measure)).isEqualTo(2);
    assertThat(refused(secret)).isEqualTo(2);
    assertThat(refused(finish)).isEqualTo(2);
    assertThat(ok(command(KVM_SEV_GUEST_STATUS)).getState()).isEqualTo(3);
    assertThat(refused(command(KVM_SEV_LAUNCH_START))).isEqualTo(12);
  }

  @Test
  void aMeasurementWithoutRoomSaysHowMuchItNeeds() {
    ok(command(KVM_SEV_INIT));
    ok(command(KVM_SEV_LAUNCH_START));
    Result asked = rig.apply(command(KVM_SEV_LAUNCH_MEASURE, range(memory, 0)));
    assertThat(asked.getErrno().getName()).isEqualTo("EIO");
    assertThat(asked.getKvmMemoryEncryptOp().getError()).isEqualTo(4);
    assertThat(asked.getKvmMemoryEncryptOp().getData().getLen()).isEqualTo(48);
    Result small = rig.apply(command(KVM_SEV_LAUNCH_MEASURE, range(memory, 16)));
    assertThat(small.getKvmMemoryEncryptOp().getData().getLen()).isEqualTo(16);
    assertThat(rig.errno(command(KVM_SEV_LAUNCH_MEASURE, range(memory, 0x4001))))
        .isEqualTo("EINVAL");
  }

  /** Where two checks fail, the kernel's come before the firmware's, and each in its order. */
  @Test
  void ofTwoErrorsTheEarlierCheckDecides() {
    assertThat(rig.errno(command(99))).isEqualTo("EINVAL");
    assertThat(rig.errno(command(KVM_SEV_RECEIVE_UPDATE_DATA))).isEqualTo("EINVAL");
    assertThat(rig.errno(command(KVM_SEV_SEND_START))).isEqualTo("ENOTTY");
    ok(command(KVM_SEV_INIT));
    // Before LAUNCH_START, commands go through fd 0; the range is looked at first.
    assertThat(rig.errno(command(KVM_SEV_LAUNCH_UPDATE_DATA, range(memory, 0))))
        .isEqualTo("EINVAL");
    assertThat(rig.errno(command(KVM_SEV_LAUNCH_UPDATE_DATA, range(memory, 16))))
        .isEqualTo("EBADF");
    KvmSevData.Builder blobs = KvmSevData.newBuilder().setDhUaddr(memory).setSessionUaddr(1);
    assertThat(
            rig.errno(
                Operation.newBuilder()
                    .setKvmMemEncOp(
                        KvmMemEncOpRequest.newBuilder()
                            .setTargetFd(vm)
                            .setId(KVM_SEV_LAUNCH_START)
                            .setSevFd(9999)
                            .setData(blobs.clone().setDhLen(0)))))
        .isEqualTo("EINVAL");
    assertThat(rig.errno(command(KVM_SEV_LAUNCH_START, blobs.setDhLen(16).setSessionLen(16))))
        .isEqualTo("EFAULT");
    ok(command(KVM_SEV_LAUNCH_START));
    assertThat(refused(command(KVM_SEV_LAUNCH_UPDATE_DATA, range(memory + 1, 15)))).isEqualTo(9);
    assertThat(refused(command(KVM_SEV_LAUNCH_UPDATE_DATA, range(memory, 15)))).isEqualTo(4);
    assertThat(rig.refusal(command(KVM_SEV_SEND_START)).getField()).isEqualTo("id");
  }

  /** Regions stay pinned when their memory is unmapped, until the VM's last file is closed. */
  @Test
  void regionsArePinnedUntilTheVmGoes() {
    ok(command(KVM_SEV_INIT));
    rig.ok(
        Operation.newBuilder()
            .setKvmMemoryEncryptRegRegion(
                KvmMemoryEncryptRegRegionRequest.newBuilder()
                    .setTargetFd(vm)
                    .setAddr(memory + 0x10)
                    .setSize(0x1000)));
    rig.munmap(memory, 0x40000);
    assertThat(rig.usedFrames()).isEqualTo(2);
    rig.close(vm);
    assertThat(rig.usedFrames()).isZero();
  }

  private HostX86OpsResponse ops() {
    return rig.ok(Operation.newBuilder().setHostX86Ops(HostX86OpsRequest.getDefaultInstance()))
        .getHostX86Ops();
  }

  @Test
  void callsOfTheVendorModuleAreCounted() {
    ok(command(KVM_SEV_INIT));
    X86Op op =
        ops().getOpsList().stream()
            .filter(member -> member.getNewMember().equals("mem_enc_op"))
            .findFirst()
            .orElseThrow();
    assertThat(op.getCalls()).isEqualTo(1);
    assertThat(op.getDispatched()).isTrue();
    assertThat(op.getNewFunction()).isEqualTo("svm_mem_enc_op");
  }

  @Test
  void theSeriesMakesAllNamesConformButThoseOutside() {
    for (String cpu : new String[] {"intel", "amd"}) {
      HostX86OpsResponse before = of(cpu, KernelSpec.newBuilder());
      HostX86OpsResponse since = of(cpu, KernelSpec.newBuilder().addKvmSeries("conforming-ops-v3"));
      assertThat(before.getOpsList()).anyMatch(op -> !op.getConforms() && !op.getOutside());
      assertThat(since.getOpsList()).allMatch(op -> op.getConforms() || op.getOutside());
      assertThat(since.getOpsList()).anyMatch(op -> !op.getConforms());
      assertThat(before.getOpsCount()).isEqualTo(since.getOpsCount()).isGreaterThan(100);
    }
  }

  private static HostX86OpsResponse of(String cpu, KernelSpec.Builder kernel) {
    try (Rig other = new Rig(HostSpec.newBuilder().setCpu(cpu).setKernel(kernel).build())) {
      return other
          .ok(Operation.newBuilder().setHostX86Ops(HostX86OpsRequest.getDefaultInstance()))
          .getHostX86Ops();
    }
  }
}
