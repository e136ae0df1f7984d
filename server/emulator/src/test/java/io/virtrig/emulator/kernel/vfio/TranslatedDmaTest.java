package io.virtrig.emulator.kernel.vfio;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.v1.Access;
import io.virtrig.v1.DmaFault;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.HwDmaWriteRequest;
import io.virtrig.v1.HwPageRequestRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Accesses of devices through the IOMMU, as programs see them. */
class TranslatedDmaTest {
  private static final int MIB = 1 << 20;

  @Test
  void aTransferFaultsHalfWayAndWhatLiesBeforeHasHappened() {
    try (VfioRig rig = new VfioRig()) {
      rig.busMaster();
      long memory = rig.rig.mmap(MIB);
      rig.rig.ok(rig.map(0x100000, memory, MIB / 2));
      byte[] bytes = new byte[MIB];
      Arrays.fill(bytes, (byte) 0x5a);
      Result result =
          rig.rig.apply(
              Operation.newBuilder()
                  .setHwDmaWrite(
                      HwDmaWriteRequest.newBuilder()
                          .setDevice(VfioRig.DEVICE)
                          .setIova(0x100000)
                          .setBytes(ByteString.copyFrom(bytes))));
      assertThat(result.getErrno().getName()).isEqualTo("EFAULT");
      DmaFault fault = result.getHwDmaWrite().getFault();
      assertThat(fault.getAddress()).isEqualTo(0x100000 + MIB / 2);
      assertThat(fault.getReason()).isEqualTo("not_present");
      assertThat(fault.getCode()).isEqualTo(0x79);
      assertThat(fault.getWrite()).isTrue();
      assertThat(rig.rig.load(memory + MIB / 2 - 2, 3)).containsExactly(0x5a, 0x5a, 0);
    }
  }

  @Test
  void whatAFunctionCannotSendIsBlocked() {
    try (VfioRig rig = new VfioRig()) {
      rig.busMaster();
      Result result =
          rig.rig.apply(
              Operation.newBuilder()
                  .setHwDmaRead(
                      HwDmaReadRequest.newBuilder()
                          .setDevice(VfioRig.DEVICE)
                          .setLength(4)
                          .setPasid(3)));
      assertThat(result.getErrno().getName()).isEqualTo("EFAULT");
      assertThat(result.getHwDmaRead().getFault().getReason()).isEqualTo("pasid_not_supported");
      assertThat(result.getHwDmaRead().getFault().getPasid()).isEqualTo(3);
    }
  }

  @Test
  void pageRequestsThatNobodyTakesAreInvalid() {
    try (VfioRig rig = new VfioRig()) {
      Result result =
          rig.rig.apply(
              Operation.newBuilder()
                  .setHwPageRequest(HwPageRequestRequest.newBuilder().setDevice(VfioRig.DEVICE)));
      assertThat(result.getErrno().getName()).isEqualTo("EFAULT");
      assertThat(result.getHwPageRequest().getCode()).isEqualTo(1);
    }
  }

  @Test
  void aWalkOnAHostShowsWhatIsKeptAndChangesNothing() {
    try (VfioRig rig = new VfioRig()) {
      rig.busMaster();
      rig.rig.ok(rig.map(0x100000, rig.rig.mmap(0x1000), 0x1000));
      WalkRequest request =
          WalkRequest.newBuilder()
              .setDevice(VfioRig.DEVICE)
              .setAccess(Access.newBuilder().setIova(0x100010))
              .build();
      String hash = rig.rig.host().stateHash();
      WalkResponse before = rig.rig.host().walk(request);
      assertThat(before.getKeptList()).isEmpty();
      assertThat(before.getVerdict().hasTranslated()).isTrue();
      assertThat(rig.rig.host().stateHash()).isEqualTo(hash);
      assertThat(rig.dmaRead(VfioRig.DEVICE, 0x100010, 4).hasErrno()).isFalse();
      WalkResponse after = rig.rig.host().walk(request);
      assertThat(after.getKeptList()).extracting(kept -> kept.getCache()).containsExactly("IOTLB");
      assertThat(after.getVerdict()).isEqualTo(before.getVerdict());
    }
  }
}
