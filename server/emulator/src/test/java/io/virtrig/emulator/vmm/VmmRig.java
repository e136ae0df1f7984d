package io.virtrig.emulator.vmm;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Rig;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.GuestConfigReadRequest;
import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.GuestIrqsRequest;
import io.virtrig.v1.GuestReadRequest;
import io.virtrig.v1.GuestVectorWriteRequest;
import io.virtrig.v1.GuestWriteRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.HwLowerIrqRequest;
import io.virtrig.v1.HwRaiseIrqRequest;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.KvmGetLapicRequest;
import io.virtrig.v1.KvmSetLapicRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;
import io.virtrig.v1.TracedCall;
import io.virtrig.v1.VmmCall;
import io.virtrig.v1.VmmDevice;
import io.virtrig.v1.VmmDeviceAddRequest;
import io.virtrig.v1.VmmDeviceDelRequest;
import io.virtrig.v1.VmmFdsRequest;
import io.virtrig.v1.VmmMmioReadRequest;
import io.virtrig.v1.VmmMmioWriteRequest;
import io.virtrig.v1.VmmResetRequest;
import io.virtrig.v1.VmmStartRequest;
import io.virtrig.v1.VmmStopRequest;
import io.virtrig.v1.VmmViommu;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A host with a VMM, and a guest whose driver knows how to program a virtual IOMMU. */
final class VmmRig implements AutoCloseable {
  static final long RAM = 1 << 20;
  static final int VECTOR = 0x41;
  static final int GCMD = 0x18;
  static final int RTADDR = 0x20;
  static final int IQT = 0x88;
  static final int IQA = 0x90;
  static final int VCMD = 0xe10;
  static final int VCRSP = 0xe20;

  static final long ROOT = 0x10000;
  static final long CONTEXT = 0x11000;
  static final long DIRECTORY = 0x12000;
  static final long PASID_TABLE = 0x13000;
  static final long QUEUE = 0x20000;

  /** The guest's first-level tables, and what they map. */
  static final long GVA = 0x7f1234567000L;

  static final long TOP_TABLE = 0x1000;
  static final long LEAF = 0x4b38;
  static final long PAGE = 0x5000;
  static final long OTHER_PAGE = 0x6000;

  /** What only counts, and registers of a function that a guest has written. */
  private static final Set<String> COUNTED =
      Set.of("last_pid", "config", "command", "starts", "stops");

  private static final Set<String> PASSING = Set.of("process", "clock", "x86_ops");

  final Rig rig;
  int vm;
  private final List<String> atFirst;
  private long tail;

  VmmRig(HostSpec.Builder spec) {
    rig = new Rig(spec.build());
    atFirst = lasting();
  }

  /**
   * What is to be as it was when a VMM has gone: all but processes, time and what a guest leaves in
   * a function's registers. PASIDs, bindings, mappings, pins, groups, cached translations,
   * interrupts, irqfds are all in it.
   */
  private List<String> lasting() {
    List<String> lines = new ArrayList<>();
    lasting("", rig.host().describe(), lines);
    return lines;
  }

  private static void lasting(String path, StateNode node, List<String> lines) {
    for (StateField field : node.getFieldsList()) {
      if (!COUNTED.contains(field.getName())) {
        lines.add(path + " " + field.getName() + " = " + field.getValue());
      }
    }
    for (StateNode child : node.getChildrenList()) {
      if (!PASSING.contains(child.getName())) {
        lasting(path + "/" + child.getName() + " " + child.getKey(), child, lines);
      }
    }
  }

  /** The host is as if there had been no VMM. */
  void assertNothingIsLeft() {
    assertThat(lasting()).containsExactlyElementsOf(atFirst);
    assertThat(rig.usedFrames()).isZero();
  }

  static HostSpec.Builder host(String uapi, DeviceSpec.Builder... devices) {
    HostSpec.Builder spec =
        HostSpec.newBuilder()
            .setKernel(KernelSpec.newBuilder().setUapi(uapi))
            .setIommu(
                IommuSpec.newBuilder().setNesting(true).setCapReg(0).setEcapReg(0x19ca4000000L));
    for (DeviceSpec.Builder device : devices) {
      spec.addDevices(device);
    }
    return spec;
  }

  /** nicN at device 2 + N, group N. */
  static DeviceSpec.Builder nic(int number) {
    return DeviceSpec.newBuilder()
        .setName("nic" + number)
        .setBdf("0000:00:0" + (2 + number) + ".0")
        .setGroup(number)
        .setIntx(true)
        .setMsi(4)
        .setMsix(2)
        .setPasid(true);
  }

  static VmmViommu.Builder modern() {
    return VmmViommu.newBuilder().setCachingMode(true).setXScalableMode("modern");
  }

  /** A QEMU whose devices are at 00:02.0 and on. */
  static Operation.Builder qemu(VmmViommu.Builder viommu, String... devices) {
    return start("qemu-vsva-rfcv9", viommu, devices);
  }

  static Operation.Builder start(String model, VmmViommu.Builder viommu, String... devices) {
    VmmStartRequest.Builder request =
        VmmStartRequest.newBuilder().setModel(model).setRam(RAM).setViommu(viommu);
    for (int i = 0; i < devices.length; i++) {
      request.addDevices(
          VmmDevice.newBuilder().setHost(devices[i]).setGuestBdf("00:0" + (2 + i) + ".0"));
    }
    return Operation.newBuilder().setVmmStart(request);
  }

  static Operation.Builder kvmtool(String model, String... devices) {
    VmmStartRequest.Builder request = VmmStartRequest.newBuilder().setModel(model);
    for (String device : devices) {
      request.addDevices(VmmDevice.newBuilder().setHost(device));
    }
    return Operation.newBuilder().setVmmStart(request);
  }

  VmmRig started(Operation.Builder start) {
    vm = rig.ok(start).getVmmStart().getFd();
    return this;
  }

  List<VmmCall> write(long offset, int size, long value) {
    return rig.ok(
            Operation.newBuilder()
                .setVmmMmioWrite(
                    VmmMmioWriteRequest.newBuilder()
                        .setTargetFd(vm)
                        .setOffset(offset)
                        .setSize(size)
                        .setValue(value)))
        .getVmmMmioWrite()
        .getCallsList();
  }

  long read(long offset, int size) {
    return rig.ok(
            Operation.newBuilder()
                .setVmmMmioRead(
                    VmmMmioReadRequest.newBuilder()
                        .setTargetFd(vm)
                        .setOffset(offset)
                        .setSize(size)))
        .getVmmMmioRead()
        .getValue();
  }

  void store(long gpa, long... words) {
    ByteBuffer bytes =
        ByteBuffer.allocate(words.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (long word : words) {
      bytes.putLong(word);
    }
    assertThat(
            rig.ok(
                    Operation.newBuilder()
                        .setGuestWrite(
                            GuestWriteRequest.newBuilder()
                                .setTargetFd(vm)
                                .setGpa(gpa)
                                .setBytes(ByteString.copyFrom(bytes.array()))))
                .getGuestWrite()
                .getExit())
        .isEqualTo("none");
  }

  long load(long gpa) {
    return word(
        rig.ok(
                Operation.newBuilder()
                    .setGuestRead(
                        GuestReadRequest.newBuilder().setTargetFd(vm).setGpa(gpa).setLength(8)))
            .getGuestRead()
            .getBytes());
  }

  private static long word(ByteString bytes) {
    return bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  /** What a device reads with a PASID; -1 when it faults. */
  long dma(String device, long address, int pasid) {
    HwDmaReadRequest.Builder request =
        HwDmaReadRequest.newBuilder().setDevice(device).setIova(address).setLength(8);
    Result result = rig.apply(Operation.newBuilder().setHwDmaRead(request.setPasid(pasid)));
    return result.hasErrno() ? -1 : word(result.getHwDmaRead().getBytes());
  }

  /** What a device reads without naming a PASID; -1 when it faults. */
  long plainDma(String device, long address) {
    HwDmaReadRequest.Builder request =
        HwDmaReadRequest.newBuilder().setDevice(device).setIova(address).setLength(8);
    Result result = rig.apply(Operation.newBuilder().setHwDmaRead(request));
    return result.hasErrno() ? -1 : word(result.getHwDmaRead().getBytes());
  }

  /** The guest's driver: tables of the device at a devfn, then the queue and translation on. */
  void driver(int... devfns) {
    store(ROOT, CONTEXT | 1, 0);
    for (int devfn : devfns) {
      store(CONTEXT + devfn * 32L, DIRECTORY | 9, 0, 0, 0);
    }
    store(DIRECTORY, PASID_TABLE | 1);
    store(PASID_TABLE, 0x109, 1, 0, 0, 0, 0, 0, 0);
    write(RTADDR, 8, ROOT | 0x400);
    write(GCMD, 4, 0x40000000L);
    write(IQA, 8, QUEUE | 0x800);
    write(GCMD, 4, 0x4000000L);
    write(GCMD, 4, 0x84000000L);
    store(TOP_TABLE + 0x7f0, 0x2027);
    store(0x2240, 0x3027);
    store(0x3d10, 0x4027);
    store(LEAF, PAGE | 0x67);
    store(PAGE, PAGE);
    store(OTHER_PAGE, OTHER_PAGE);
  }

  /** A first-level entry of a PASID in a domain. */
  void pasidEntry(int pasid, int domain, long table) {
    store(PASID_TABLE + pasid * 64L, 0x49, domain, table, 0, 0, 0, 0, 0);
  }

  void clearPasidEntry(int pasid) {
    store(PASID_TABLE + pasid * 64L, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  /** One descriptor through the queue. */
  List<VmmCall> submit(long q0, long q1) {
    store(QUEUE + tail, q0, q1, 0, 0);
    tail = (tail + 32) & 0xfff;
    return write(IQT, 8, tail);
  }

  void queueStartsAgain() {
    tail = 0;
  }

  List<VmmCall> invalidatePasid(int domain, int pasid) {
    return submit(0x17L | (long) domain << 16 | (long) pasid << 32, 0);
  }

  List<VmmCall> invalidateAllPasids() {
    return submit(0x37, 0);
  }

  List<VmmCall> flushPage(int domain, int pasid, long address) {
    return submit(0x36L | (long) domain << 16 | (long) pasid << 32, address);
  }

  /** The virtual command. */
  int allocatePasid() {
    write(VCMD, 8, 1);
    long answer = read(VCRSP, 8);
    assertThat(answer & 0xff).isZero();
    return (int) (answer >>> 8);
  }

  Operation.Builder deviceAdd(String device, String bdf) {
    return Operation.newBuilder()
        .setVmmDeviceAdd(
            VmmDeviceAddRequest.newBuilder()
                .setTargetFd(vm)
                .setHostDevice(device)
                .setGuestBdf(bdf));
  }

  Operation.Builder deviceDel(String device) {
    return Operation.newBuilder()
        .setVmmDeviceDel(VmmDeviceDelRequest.newBuilder().setTargetFd(vm).setHostDevice(device));
  }

  Operation.Builder reset() {
    return Operation.newBuilder().setVmmReset(VmmResetRequest.newBuilder().setTargetFd(vm));
  }

  Operation.Builder stop() {
    return Operation.newBuilder().setVmmStop(VmmStopRequest.newBuilder().setTargetFd(vm));
  }

  /** The guest switches its local APIC on. */
  VmmRig withLapic() {
    lapic(0xf0, 0x1ff);
    return this;
  }

  private void lapic(int register, int value) {
    var _ =
        rig.ok(
            Operation.newBuilder()
                .setKvmSetLapic(
                    KvmSetLapicRequest.newBuilder().setTargetFd(vm + 1).putRegs(register, value)));
  }

  private Map<Integer, Integer> lapic() {
    return rig.ok(
            Operation.newBuilder()
                .setKvmGetLapic(KvmGetLapicRequest.newBuilder().setTargetFd(vm + 1)))
        .getKvmGetLapic()
        .getRegsMap();
  }

  /** The guest programs a pin of its I/O APIC: level-triggered, {@link #VECTOR} to vCPU 0. */
  void programPin(int pin) {
    device(0xfec00000L, 0x11 + 2 * pin);
    device(0xfec00010L, 0);
    device(0xfec00000L, 0x10 + 2 * pin);
    device(0xfec00010L, 0x8000 | VECTOR);
  }

  private void device(long gpa, int value) {
    ByteString bytes = new ConfigAccess(0, 4).bytes(value);
    var _ =
        rig.ok(
            Operation.newBuilder()
                .setGuestWrite(
                    GuestWriteRequest.newBuilder().setTargetFd(vm).setGpa(gpa).setBytes(bytes)));
  }

  /** Whether {@link #VECTOR} waits to be served. */
  boolean requested() {
    return (lapic().getOrDefault(0x200 + 0x10 * (VECTOR / 32), 0) >>> VECTOR % 32 & 1) != 0;
  }

  /** The guest serves {@link #VECTOR}, up to its EOI. */
  void serve() {
    assertThat(requested()).isTrue();
    int word = 0x10 * (VECTOR / 32);
    lapic(0x200 + word, 0);
    lapic(0x100 + word, 1 << VECTOR % 32);
    device(0xfee000b0L, 0);
  }

  void raise(int index, int vector) {
    var _ =
        rig.ok(
            Operation.newBuilder()
                .setHwRaiseIrq(
                    HwRaiseIrqRequest.newBuilder()
                        .setDevice("nic0")
                        .setIndex(index)
                        .setSubindex(vector)));
  }

  void lowerLine() {
    var _ =
        rig.ok(
            Operation.newBuilder().setHwLowerIrq(HwLowerIrqRequest.newBuilder().setDevice("nic0")));
  }

  /** Messages that have been injected, by GSI. */
  Map<Integer, Long> injected() {
    return rig.ok(
            Operation.newBuilder().setGuestIrqs(GuestIrqsRequest.newBuilder().setTargetFd(vm)))
        .getGuestIrqs()
        .getInjectedMap();
  }

  int configRead(int offset, int size) {
    return rig.ok(
            Operation.newBuilder()
                .setGuestConfigRead(
                    GuestConfigReadRequest.newBuilder()
                        .setTargetFd(vm)
                        .setDevice("nic0")
                        .setOffset(offset)
                        .setSize(size)))
        .getGuestConfigRead()
        .getValue();
  }

  List<VmmCall> configWrite(int offset, int size, int value) {
    return config(
        GuestConfigWriteRequest.newBuilder().setOffset(offset).setSize(size).setValue(value));
  }

  /** Where a capability is, as a guest finds it. */
  int capability(int id) {
    int at = configRead(0x34, 1);
    while (at != 0 && configRead(at, 1) != id) {
      at = configRead(at + 1, 1);
    }
    return at;
  }

  /** Every call of the VMM, by name, since a sequence number. */
  List<TracedCall> trace(long after) {
    return rig.host().calls().after(after, 4096);
  }

  int eventfds() {
    return rig.ok(Operation.newBuilder().setVmmFds(VmmFdsRequest.newBuilder().setTargetFd(vm)))
        .getVmmFds()
        .getOpenEventfds();
  }

  List<VmmCall> msi(boolean enable, int vectors) {
    return config(
        GuestConfigWriteRequest.newBuilder()
            .setCapability("msi")
            .setEnable(enable)
            .setVectors(vectors));
  }

  List<VmmCall> config(GuestConfigWriteRequest.Builder request) {
    return rig.ok(
            Operation.newBuilder().setGuestConfigWrite(request.setTargetFd(vm).setDevice("nic0")))
        .getGuestConfigWrite()
        .getCallsList();
  }

  List<VmmCall> vector(GuestVectorWriteRequest.Builder request) {
    return rig.ok(
            Operation.newBuilder().setGuestVectorWrite(request.setTargetFd(vm).setDevice("nic0")))
        .getGuestVectorWrite()
        .getCallsList();
  }

  @Override
  public void close() {
    rig.close();
  }
}
