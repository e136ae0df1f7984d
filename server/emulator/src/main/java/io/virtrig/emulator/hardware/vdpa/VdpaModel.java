package io.virtrig.emulator.hardware.vdpa;

import static io.virtrig.uapi.Virtio.*;

import io.virtrig.emulator.spec.VdpaConfiguration;

/**
 * What a kind of vDPA device is, as data: what it offers, and in which of the ways that Linux's
 * parent drivers differ it behaves.
 *
 * @param deviceId VIRTIO_ID_NET or VIRTIO_ID_BLOCK
 * @param features what it offers
 * @param required features that a driver must take
 * @param masksUnknown features that it does not offer are dropped; otherwise they are refused
 * @param strict rings and requests are treated by the virtio specification; otherwise as vdpa_sim
 *     does
 * @param groups groups of queues
 * @param addressSpaces address spaces that groups can be given
 * @param largestQueue what GET_VRING_NUM says
 * @param configSize bytes of its configuration space
 * @param canSuspend it has the operation suspend
 * @param ownTranslations it translates by itself (set_map); otherwise the IOMMU does
 * @param interrupts how its interrupts come
 * @param keepsCallbacks callbacks of queues outlive a reset
 * @param dropsConfigCallback that of its configuration does not
 * @param doorbells the queues' doorbells can be mapped
 */
public record VdpaModel(
    int deviceId,
    long features,
    long required,
    boolean masksUnknown,
    boolean strict,
    int groups,
    int addressSpaces,
    int largestQueue,
    int configSize,
    boolean canSuspend,
    boolean ownTranslations,
    Interrupts interrupts,
    boolean keepsCallbacks,
    boolean dropsConfigCallback,
    boolean doorbells) {

  /** How a device's interrupts come. */
  public enum Interrupts {
    /** By a call: there is no vector (vdpa_sim). */
    NONE,
    /** One vector a queue and one for the configuration, or what there is, shared (ifcvf). */
    SHARED_WHEN_SHORT,
    /** One vector a queue and one for the configuration, or none (vp_vdpa). */
    ALL_OR_NONE
  }

  /** VIRTIO_ID_BLOCK. */
  public static final int ID_BLOCK = 2;

  static final long VERSION_1 = 1L << VIRTIO_F_VERSION_1;
  static final long PACKED = 1L << VIRTIO_F_RING_PACKED;
  static final long EVENT_IDX = 1L << VIRTIO_RING_F_EVENT_IDX;
  static final long INDIRECT_DESC = 1L << VIRTIO_RING_F_INDIRECT_DESC;

  private static final long PLATFORM = 1L << VIRTIO_F_ACCESS_PLATFORM;
  private static final long RINGS = PACKED | EVENT_IDX | INDIRECT_DESC | 1L << VIRTIO_F_IN_ORDER;
  private static final long BLOCK =
      1L << VIRTIO_BLK_F_SIZE_MAX
          | 1L << VIRTIO_BLK_F_SEG_MAX
          | 1L << VIRTIO_BLK_F_BLK_SIZE
          | 1L << VIRTIO_BLK_F_TOPOLOGY
          | 1L << VIRTIO_BLK_F_MQ
          | 1L << VIRTIO_BLK_F_FLUSH
          | 1L << VIRTIO_BLK_F_DISCARD
          | 1L << VIRTIO_BLK_F_WRITE_ZEROES;
  private static final long NET = 1L << VIRTIO_NET_F_MAC | 1L << VIRTIO_NET_F_MTU;
  private static final long CONTROL = 1L << VIRTIO_NET_F_CTRL_VQ | 1L << VIRTIO_NET_F_CTRL_MAC_ADDR;
  private static final long SIMULATOR = 1L << VIRTIO_F_ANY_LAYOUT | VERSION_1 | PLATFORM;

  private static final VdpaModel SIM_NET = simulator(VIRTIO_ID_NET, NET | CONTROL, 2, 24);
  private static final VdpaModel SIM_BLOCK = simulator(ID_BLOCK, BLOCK, 1, 72);
  private static final VdpaModel IFCVF_NET = ifcvf(VIRTIO_ID_NET, NET, 24);
  private static final VdpaModel IFCVF_BLOCK = ifcvf(ID_BLOCK, BLOCK, 72);
  private static final VdpaModel VP_NET = virtioPci(VIRTIO_ID_NET, NET, 24);
  private static final VdpaModel VP_BLOCK = virtioPci(ID_BLOCK, BLOCK, 72);

  /** drivers/vdpa/vdpa_sim. */
  private static VdpaModel simulator(int id, long offers, int groups, int configSize) {
    return new VdpaModel(
        id,
        offers | SIMULATOR,
        PLATFORM,
        true,
        false,
        groups,
        groups,
        256,
        configSize,
        true,
        true,
        Interrupts.NONE,
        false,
        false,
        false);
  }

  /** drivers/vdpa/ifcvf, whose driver insists on ACCESS_PLATFORM. */
  private static VdpaModel ifcvf(int id, long offers, int configSize) {
    return new VdpaModel(
        id,
        offers | RINGS | VERSION_1 | PLATFORM,
        VERSION_1 | PLATFORM,
        false,
        true,
        1,
        1,
        32768,
        configSize,
        false,
        false,
        Interrupts.SHARED_WHEN_SHORT,
        false,
        true,
        true);
  }

  /** drivers/vdpa/virtio_pci. */
  private static VdpaModel virtioPci(int id, long offers, int configSize) {
    return new VdpaModel(
        id,
        offers | RINGS | VERSION_1 | PLATFORM,
        VERSION_1,
        false,
        true,
        1,
        1,
        256,
        configSize,
        false,
        false,
        Interrupts.ALL_OR_NONE,
        true,
        false,
        true);
  }

  /** The data path by itself: interrupts are only calls. */
  static VdpaModel bare(boolean strict, boolean net) {
    VdpaModel like = strict ? (net ? VP_NET : VP_BLOCK) : (net ? SIM_NET : SIM_BLOCK);
    return new VdpaModel(
        like.deviceId,
        like.features,
        like.required,
        like.masksUnknown,
        strict,
        like.groups,
        like.addressSpaces,
        like.largestQueue,
        like.configSize,
        false,
        true,
        Interrupts.NONE,
        false,
        false,
        false);
  }

  /** The model that a specification names. */
  static VdpaModel of(VdpaConfiguration device) {
    boolean net = device.net();
    return switch (device.model()) {
      case VDPASIM -> net ? SIM_NET : SIM_BLOCK;
      case IFCVF -> net ? IFCVF_NET : IFCVF_BLOCK;
      case VP_VDPA -> net ? VP_NET : VP_BLOCK;
    };
  }

  boolean net() {
    return deviceId == VIRTIO_ID_NET;
  }

  /** Which group a queue is in: the simulator's control queue has one of its own. */
  public int group(int queue) {
    return groups == 2 && queue == 2 ? 1 : 0;
  }
}
