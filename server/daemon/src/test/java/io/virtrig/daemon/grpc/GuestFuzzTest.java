package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.ByteString;
import io.virtrig.emulator.Host;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.GuestConfigReadRequest;
import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.GuestVectorWriteRequest;
import io.virtrig.v1.GuestWriteRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HwDmaWriteRequest;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.VmmDevice;
import io.virtrig.v1.VmmMmioReadRequest;
import io.virtrig.v1.VmmMmioWriteRequest;
import io.virtrig.v1.VmmStartRequest;
import io.virtrig.v1.VmmViommu;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Any guest behind a QEMU with a virtual IOMMU: what it writes to registers, tables, queues,
 * configuration space and vectors, and what its device then does by DMA. Its VMM answers or ends,
 * other memory of the process and another host stay as they were, and a second run comes to the
 * same. An input is a list of acts of 14 bytes: which, size, address, value.
 */
class GuestFuzzTest {
  private static final int ACT_BYTES = 14;
  private static final int MOST_ACTS = 400;
  private static final int PAGE = 4096;
  private static final long RAM = 1 << 20;
  private static final ByteString SECRET = ByteString.copyFromUtf8("secret".repeat(600));
  private static final HostSpec SPEC =
      HostSpec.newBuilder()
          .setKernel(KernelSpec.newBuilder().setUapi("vsva-v6"))
          .setIommu(IommuSpec.newBuilder().setNesting(true).setEcapReg(0x19ca4000000L))
          .addDevices(
              DeviceSpec.newBuilder()
                  .setName("nic0")
                  .setBdf("0000:00:02.0")
                  .setGroup(7)
                  .setIntx(true)
                  .setMsi(4)
                  .setMsix(4)
                  .setPasid(true))
          .build();

  @FuzzTest(maxDuration = "5m")
  void nothingAGuestDoesLeavesItsVm(byte[] program) {
    Host bystander = new Host(SPEC);
    String untouched = bystander.stateHash();
    String first = run(program);
    assertThat(run(program)).isEqualTo(first);
    assertThat(bystander.stateHash()).isEqualTo(untouched);
  }

  private static String run(byte[] program) {
    Host host = new Host(SPEC);
    long below = secret(host);
    int vm = start(host);
    long above = secret(host);
    ByteBuffer acts = ByteBuffer.wrap(program).order(ByteOrder.LITTLE_ENDIAN);
    boolean running = true;
    for (int i = 0; i < MOST_ACTS && running && acts.remaining() >= ACT_BYTES; i++) {
      running = act(host, vm, acts);
    }
    String hash = host.stateHash();
    if (running) {
      assertSecret(host, below);
      assertSecret(host, above);
    }
    host.end();
    return hash;
  }

  private static int start(Host host) {
    VmmStartRequest.Builder request =
        VmmStartRequest.newBuilder()
            .setModel("qemu-vsva-rfcv9")
            .setRam(RAM)
            .setViommu(VmmViommu.newBuilder().setCachingMode(true).setXScalableMode("modern"))
            .addDevices(VmmDevice.newBuilder().setHost("nic0").setGuestBdf("00:02.0"));
    Result result = host.apply(Operation.newBuilder().setVmmStart(request).build());
    assertThat(result.hasVmmStart()).as("%s", result).isTrue();
    return result.getVmmStart().getFd();
  }

  private static long secret(Host host) {
    Operation.Builder map =
        Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(PAGE));
    long address = host.apply(map.build()).getMmap().getRet();
    StoreRequest.Builder store = StoreRequest.newBuilder().setAddr(address).setBytes(SECRET);
    assertThat(host.apply(Operation.newBuilder().setStore(store).build()).hasStore()).isTrue();
    return address;
  }

  private static void assertSecret(Host host, long address) {
    LoadRequest.Builder load = LoadRequest.newBuilder().setAddr(address).setLength(SECRET.size());
    assertThat(host.apply(Operation.newBuilder().setLoad(load).build()).getLoad().getBytes())
        .isEqualTo(SECRET);
  }

  /** Whether the VMM still runs. */
  private static boolean act(Host host, int vm, ByteBuffer acts) {
    int kind = acts.get() & 0xff;
    int size = acts.get() & 0xff;
    int address = acts.getInt();
    long value = acts.getLong();
    Result result = host.apply(operation(kind % 7, vm, size, address, value).build());
    boolean dma = kind % 7 == 6;
    if (!dma) {
      assertThat(result.hasErrno()).as("%s", result).isFalse();
    }
    if (!result.hasRefusal()) {
      return true;
    }
    assertThat(result.getRefusal().getCode())
        .as("%s", result)
        .isIn(
            Refusal.Code.CODE_RESOURCE_EXHAUSTED,
            Refusal.Code.CODE_INVALID_ARGUMENT,
            Refusal.Code.CODE_NOT_FOUND);
    return result.getRefusal().getCode() != Refusal.Code.CODE_NOT_FOUND;
  }

  private static Operation.Builder operation(int kind, int vm, int size, int address, long value) {
    Operation.Builder operation = Operation.newBuilder();
    int width = (size & 1) == 0 ? 4 : 8;
    String capability = (size & 1) == 0 ? "msi" : "msix";
    return switch (kind) {
      case 0 ->
          operation.setVmmMmioWrite(
              VmmMmioWriteRequest.newBuilder()
                  .setTargetFd(vm)
                  .setOffset(address)
                  .setSize(width)
                  .setValue(value));
      case 1 ->
          operation.setVmmMmioRead(
              VmmMmioReadRequest.newBuilder().setTargetFd(vm).setOffset(address).setSize(width));
      case 2 ->
          operation.setGuestWrite(
              GuestWriteRequest.newBuilder()
                  .setTargetFd(vm)
                  .setGpa(Integer.toUnsignedLong(address) % (RAM - Long.BYTES))
                  .setBytes(bytes(value)));
      case 3 ->
          operation.setGuestConfigWrite(
              GuestConfigWriteRequest.newBuilder()
                  .setTargetFd(vm)
                  .setDevice("nic0")
                  .setOffset(address & 0x1fff)
                  .setSize(1 << (size & 3))
                  .setValue((int) value));
      case 4 ->
          operation.setGuestConfigRead(
              GuestConfigReadRequest.newBuilder()
                  .setTargetFd(vm)
                  .setDevice("nic0")
                  .setOffset(address & 0x1fff)
                  .setSize(1 << (size & 3)));
      case 5 ->
          operation.setGuestVectorWrite(
              GuestVectorWriteRequest.newBuilder()
                  .setTargetFd(vm)
                  .setDevice("nic0")
                  .setCapability(capability)
                  .setVector(size >>> 2)
                  .setAddress(Integer.toUnsignedLong(address))
                  .setData((int) value)
                  .setMasked((size & 2) != 0));
      default ->
          operation.setHwDmaWrite(
              HwDmaWriteRequest.newBuilder()
                  .setDevice("nic0")
                  .setPasid(size)
                  .setIova(value)
                  .setBytes(bytes(address)));
    };
  }

  private static ByteString bytes(long value) {
    return ByteString.copyFrom(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }
}
