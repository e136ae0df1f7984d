package io.virtrig.emulator.kernel.vhost;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Rig;
import io.virtrig.emulator.kernel.vhost.VirtioDriver.Part;
import io.virtrig.v1.*;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Rules of vhost-vdpa that no shared case covers, and which of two errors wins. */
class VhostVdpaTest {
  private static final long RING = 0x10000;
  private static final Part HEADER = new Part(0x20000, 16, false);
  private static final Part STATUS = new Part(0x20100, 1, true);

  private static VirtioDriver block(VdpaRig vdpa) {
    vdpa.rig.ok(vdpa.features(VdpaRig.PLAIN));
    vdpa.rig.ok(vdpa.status(0x0b));
    VirtioDriver driver = new VirtioDriver(vdpa, 0, false, 8, RING);
    vdpa.rig.ok(vdpa.status(VdpaRig.DRIVER_OK));
    vdpa.store(HEADER.iova(), (byte) 4);
    return driver;
  }

  @Test
  void aKickRunsTheRingThroughTheTranslations() {
    try (VdpaRig vdpa = new VdpaRig("vdpasim", "blk")) {
      VirtioDriver driver = block(vdpa);
      driver.add(HEADER, STATUS);
      driver.kick();
      assertThat(driver.take(2)).isEqualTo(1);
      assertThat(driver.interrupts()).isEqualTo(1);
      assertThat(vdpa.position(0)).isEqualTo(1);
    }
  }

  @Test
  void anEventfdThatIsSignalledAlreadyKicksWhenItIsSet() {
    try (VdpaRig vdpa = new VdpaRig("vdpasim", "blk")) {
      VirtioDriver driver = block(vdpa);
      driver.add(HEADER, STATUS);
      vdpa.rig.ok(vdpa.kick(0, vdpa.rig.eventfd(1)));
      assertThat(driver.take(2)).isEqualTo(1);
    }
  }

  @Test
  void nothingRunsWhileSuspendedUntilTheStatusIsSetAgain() {
    try (VdpaRig vdpa = new VdpaRig("vdpasim", "blk")) {
      VirtioDriver driver = block(vdpa);
      vdpa.rig.ok(vdpa.suspend());
      driver.add(HEADER, STATUS);
      driver.kick();
      assertThat(driver.take(2)).isEqualTo(-1);
      vdpa.rig.ok(vdpa.status(VdpaRig.DRIVER_OK));
      driver.kick();
      assertThat(driver.take(2)).isEqualTo(1);
    }
  }

  @Test
  void hardwareCannotBeSuspendedAndHasOneAddressSpace() {
    try (VdpaRig vdpa = new VdpaRig("ifcvf", "net")) {
      assertThat(vdpa.rig.errno(vdpa.suspend())).isEqualTo("EOPNOTSUPP");
      assertThat(vdpa.rig.errno(vdpa.backendFeatures(0x10))).isEqualTo("EOPNOTSUPP");
      vdpa.rig.ok(vdpa.backendFeatures(0x0e));
      Operation.Builder asid =
          Operation.newBuilder()
              .setVhostVdpaSetGroupAsid(
                  VhostVdpaSetGroupAsidRequest.newBuilder().setTargetFd(vdpa.fd));
      assertThat(vdpa.rig.errno(asid)).isEqualTo("EOPNOTSUPP");
    }
  }

  @Test
  void theDeviceForgetsTranslationsAtAResetAndVhostDoesNot() {
    try (VdpaRig vdpa = new VdpaRig("vdpasim", "blk")) {
      vdpa.rig.ok(vdpa.status(0));
      assertThat(vdpa.rig.errno(vdpa.iotlb(2, 0, 0x1000, vdpa.guest, 3))).isEqualTo("EFAULT");
      VirtioDriver driver = block(vdpa);
      driver.add(HEADER, STATUS);
      driver.kick();
      assertThat(driver.take(2)).as("the simulator has no translation").isEqualTo(-1);
      vdpa.rig.ok(vdpa.iotlb(2, 0x4000_0000L, 0x1000, vdpa.guest, 3));
      driver.kick();
      assertThat(driver.take(2)).as("any change hands it the whole table").isEqualTo(1);
    }
  }

  @Test
  void inABatchTheSimulatorSeesNothingUntilItsEnd() {
    try (VdpaRig vdpa = new VdpaRig("vdpasim", "blk")) {
      VirtioDriver driver = block(vdpa);
      vdpa.rig.ok(vdpa.iotlb(5, 0, 0, 0, 0));
      vdpa.rig.ok(vdpa.iotlb(3, 0, VdpaRig.GUEST_BYTES, 0, 0));
      vdpa.rig.ok(vdpa.iotlb(2, 0, VdpaRig.GUEST_BYTES, vdpa.guest, 3));
      driver.add(HEADER, STATUS);
      driver.kick();
      assertThat(driver.take(2)).isEqualTo(1);
      vdpa.rig.ok(vdpa.iotlb(3, 0, VdpaRig.GUEST_BYTES, 0, 0));
      vdpa.rig.ok(vdpa.iotlb(6, 0, 0, 0, 0));
      driver.add(HEADER, STATUS);
      driver.kick();
      assertThat(driver.take(2)).isEqualTo(-1);
    }
  }

  @Test
  void anInvalidationTakesWholePages() {
    try (VdpaRig vdpa = new VdpaRig("vdpasim", "blk")) {
      vdpa.rig.ok(vdpa.iotlb(3, 0x1800, 1, 0, 0));
      assertThat(vdpa.rig.errno(vdpa.iotlb(2, 0, 0x2000, vdpa.guest, 3))).isEqualTo("EFAULT");
      vdpa.rig.ok(vdpa.iotlb(2, 0x1000, 0x1000, vdpa.guest, 3));
      vdpa.rig.ok(vdpa.iotlb(3, 0x3000, 0, 0, 0));
      assertThat(vdpa.rig.errno(vdpa.iotlb(2, 0x3000, 1, vdpa.guest, 3))).isEqualTo("EFAULT");
      vdpa.rig.ok(vdpa.iotlb(3, 0, 0, 0, 0));
      vdpa.rig.ok(vdpa.iotlb(2, 0, VdpaRig.GUEST_BYTES, vdpa.guest, 3));
    }
  }

  @Test
  void aBrokenRingNeedsAResetAndSaysSo() {
    try (VdpaRig vdpa = new VdpaRig("vp_vdpa", "blk")) {
      VirtioDriver driver = block(vdpa);
      int config = vdpa.rig.eventfd(0);
      vdpa.rig.ok(vdpa.configCall(config));
      driver.add(STATUS, HEADER);
      driver.kick();
      assertThat(vdpa.status()).isEqualTo(0x4f);
      assertThat(vdpa.rig.read(config)).isEqualTo(1);
      assertThat(vdpa.position(0)).isZero();
      assertThat(vdpa.rig.errno(vdpa.status(0x0f))).isEqualTo("EINVAL");
      vdpa.rig.ok(vdpa.status(0x4f));
      driver.kick();
      assertThat(driver.take(2)).isEqualTo(-1);
      vdpa.rig.ok(vdpa.status(0));
      assertThat(vdpa.status()).isZero();
    }
  }

  @Test
  void aPackedRingsPositionHasBothIndexesAndWrapCounters() {
    try (VdpaRig vdpa = new VdpaRig("ifcvf", "blk")) {
      assertThat(vdpa.rig.errno(vdpa.base(0, 0x10000))).isEqualTo("EINVAL");
      vdpa.rig.ok(vdpa.features(VdpaRig.PLAIN | VdpaRig.PACKED));
      assertThat(vdpa.position(0)).isEqualTo(0x8000_8000);
      vdpa.rig.ok(vdpa.base(0, 0x0003_8004));
      assertThat(vdpa.position(0)).isEqualTo(0x0003_8004);
    }
  }

  @Test
  void aDoorbellKicks() {
    try (VdpaRig vdpa = new VdpaRig("ifcvf", "blk")) {
      vdpa.rig.ok(vdpa.features(VdpaRig.PLAIN | 1L << 9));
      vdpa.rig.ok(vdpa.status(0x0b));
      VirtioDriver driver = new VirtioDriver(vdpa, 0, false, 8, RING);
      vdpa.rig.ok(vdpa.status(VdpaRig.DRIVER_OK));
      vdpa.store(HEADER.iova(), (byte) 4);
      driver.add(HEADER, STATUS);
      long doorbell = vdpa.rig.ok(doorbell(vdpa, 0x1000, 2, 0)).getMmap().getRet();
      vdpa.rig.store(doorbell, (byte) 0, (byte) 0);
      assertThat(driver.take(2)).isEqualTo(1);
      assertThat(vdpa.rig.errno(doorbell(vdpa, 0x2000, 2, 0))).isEqualTo("EINVAL");
      assertThat(vdpa.rig.errno(doorbell(vdpa, 0x1000, 3, 0))).isEqualTo("EINVAL");
      assertThat(vdpa.rig.errno(doorbell(vdpa, 0x1000, 2, 0x1000))).isEqualTo("EINVAL");
    }
    try (VdpaRig vdpa = new VdpaRig("vdpasim", "blk")) {
      assertThat(vdpa.rig.errno(doorbell(vdpa, 0x2000, 3, 0)))
          .as("the mapping is checked before the device is asked")
          .isEqualTo("EINVAL");
      assertThat(vdpa.rig.errno(doorbell(vdpa, 0x1000, 2, 0))).isEqualTo("ENOTSUPP");
    }
  }

  private static Operation.Builder doorbell(VdpaRig vdpa, long length, int prot, long offset) {
    return Operation.newBuilder()
        .setMmap(
            MmapRequest.newBuilder()
                .setFd(vdpa.fd)
                .setLength(length)
                .setProt(prot)
                .setOffset(offset));
  }

  @Test
  void ofTwoErrorsTheOneCheckedFirstWins() {
    try (VdpaRig vdpa = new VdpaRig("vdpasim", "net")) {
      assertThat(vdpa.rig.errno(vdpa.num(3, 0))).isEqualTo("ENOBUFS");
      assertThat(vdpa.rig.errno(vdpa.call(3, 999))).isEqualTo("ENOBUFS");
      assertThat(vdpa.rig.errno(vdpa.addr(0, 2, 0, 1, 1))).isEqualTo("EOPNOTSUPP");
      vdpa.rig.ok(vdpa.status(8));
      assertThat(vdpa.rig.errno(vdpa.features(0))).isEqualTo("EBUSY");
      assertThat(vdpa.rig.errno(vdpa.backendFeatures(0x21))).isEqualTo("EOPNOTSUPP");
      Result update = vdpa.rig.apply(vdpa.iotlb(2, -1, 0, 0, 3));
      assertThat(update.getErrno().getName()).as("size 0 before the range").isEqualTo("EINVAL");
      assertThat(vdpa.write(ByteString.copyFrom(new byte[3])).getErrno().getName())
          .isEqualTo("EINVAL");
    }
    try (Rig rig =
        new Rig(
            HostSpec.newBuilder().addDevices(VdpaRig.device("vdpa0", "vdpasim", "net")).build())) {
      int fd = rig.open("/dev/vhost-vdpa-0");
      assertThat(
              rig.errno(
                  Operation.newBuilder()
                      .setVhostSetVringNum(
                          VhostSetVringNumRequest.newBuilder().setTargetFd(fd).setIndex(9))))
          .as("no owner before the index")
          .isEqualTo("EPERM");
      assertThat(
              rig.errno(
                  Operation.newBuilder()
                      .setVhostNetSetBackend(
                          VhostNetSetBackendRequest.newBuilder().setTargetFd(fd).setIndex(9))))
          .isEqualTo("EPERM");
    }
  }

  @Test
  void aBadConfigEventfdTakesTheOldOneAway() {
    try (VdpaRig vdpa = new VdpaRig("vdpasim", "net")) {
      int config = vdpa.rig.eventfd(0);
      vdpa.rig.ok(vdpa.configCall(config));
      assertThat(vdpa.rig.errno(vdpa.configCall(999))).isEqualTo("EBADF");
      vdpa.rig.ok(vdpa.status(VdpaRig.DRIVER_OK));
      vdpa.rig.ok(VdpaRig.raise("vdpa0", 1, 0));
      assertThat(vdpa.rig.read(config)).isZero();
    }
  }

  @Test
  void ifcvfInsistsOnTheFeaturesThatItsDriverNeeds() {
    try (VdpaRig vdpa = new VdpaRig("ifcvf", "net")) {
      assertThat(vdpa.rig.errno(vdpa.features(1L << 32))).isEqualTo("EINVAL");
      assertThat(vdpa.rig.errno(vdpa.features(VdpaRig.PLAIN | 1L << 60))).isEqualTo("EINVAL");
      vdpa.rig.ok(vdpa.features(VdpaRig.PLAIN));
    }
  }

  @Test
  void withoutAnIommuHardwareCannotBeOpened() {
    HostSpec spec =
        HostSpec.newBuilder()
            .setIommu(IommuSpec.newBuilder().setModel("none"))
            .addDevices(VdpaRig.device("vdpa0", "ifcvf", "net"))
            .build();
    try (Rig rig = new Rig(spec)) {
      assertThat(
              rig.errno(
                  Operation.newBuilder()
                      .setOpen(OpenRequest.newBuilder().setPath("/dev/vhost-vdpa-0"))))
          .isEqualTo("ENOTSUPP");
    }
  }

  @Test
  void packetsOfLinkedDevicesArriveAtTheOther() {
    HostSpec spec =
        HostSpec.newBuilder()
            .addDevices(VdpaRig.device("a", "ifcvf", "net").setPeer("b"))
            .addDevices(VdpaRig.device("b", "ifcvf", "net").setPeer("a"))
            .build();
    try (Rig rig = new Rig(spec)) {
      VdpaRig a = new VdpaRig(rig, 0);
      VdpaRig b = new VdpaRig(rig, 1);
      VirtioDriver send = net(a, 1);
      VirtioDriver receive = net(b, 0);
      a.store(0x20000, new byte[64]);
      a.store(0x2000c, (byte) 0xff);
      send.add(new Part(0x20000, 64, false));
      send.kick();
      assertThat(send.take(1)).as("no buffer: the packet is dropped").isZero();
      receive.add(new Part(0x30000, 100, true));
      send.add(new Part(0x20000, 64, false));
      send.kick();
      assertThat(receive.take(1)).isEqualTo(64);
      assertThat(b.load(0x3000c, 1)[0]).isEqualTo((byte) 0xff);
      assertThat(receive.interrupts()).isEqualTo(1);
    }
  }

  @Test
  void devicesThatKickOneAnotherRunOneAfterAnother() {
    int count = 200;
    HostSpec.Builder spec = HostSpec.newBuilder();
    for (int i = 0; i < count; i++) {
      spec.addDevices(VdpaRig.device("d" + i, "vdpasim", "blk"));
    }
    try (Rig rig = new Rig(spec.build())) {
      VirtioDriver first = null;
      VirtioDriver last = null;
      for (int i = 0; i < count; i++) {
        VdpaRig vdpa = new VdpaRig(rig, i);
        VirtioDriver driver = block(vdpa);
        driver.add(HEADER, STATUS);
        if (first == null || last == null) {
          first = driver;
        } else {
          rig.ok(vdpa.kick(0, last.call));
        }
        last = driver;
      }
      Objects.requireNonNull(first).kick();
      assertThat(Objects.requireNonNull(last).take(2)).isEqualTo(1);
    }
  }

  private static VirtioDriver net(VdpaRig vdpa, int which) {
    vdpa.rig.ok(vdpa.features(VdpaRig.PLAIN));
    vdpa.rig.ok(vdpa.status(0x0b));
    VirtioDriver driver = null;
    for (int queue = 0; queue < 2; queue++) {
      VirtioDriver made = new VirtioDriver(vdpa, queue, false, 8, RING + 0x4000L * queue);
      driver = queue == which ? made : driver;
    }
    vdpa.rig.ok(vdpa.status(VdpaRig.DRIVER_OK));
    return Objects.requireNonNull(driver);
  }
}
