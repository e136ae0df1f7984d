package io.virtrig.emulator.hardware.vdpa;

import static io.virtrig.uapi.Virtio.VIRTIO_CONFIG_S_DRIVER_OK;
import static io.virtrig.uapi.Virtio.VIRTIO_CONFIG_S_NEEDS_RESET;

import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.VdpaConfiguration;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A vDPA device: the operations of struct vdpa_config_ops, as the parent driver of its model has
 * them, and the virtio device that does the work.
 */
public final class VdpaDevice implements Stateful {
  /** Sectors of the simulator's RAM disk. */
  static final long SECTORS = 0x40000;

  private final String name;
  private final VdpaModel model;
  private final Virtqueue[] queues;
  private final VdpaInterrupts interrupts;
  private final VdpaConfigSpace config;
  private final Backend backend;
  private final Translations[] iotlbs;
  private final int[] groupAsid;
  private final Translations unmapped;
  private final KickQueue kicks;
  private int status;
  private long features;
  private boolean running;
  private boolean needsReset;
  private @Nullable String problem;
  private @Nullable Virtqueue brokenQueue;
  private long generation;
  private boolean kicked;
  private Runnable whenBroken = () -> {};

  /** A device of a specification, the {@code number}th of its host. */
  VdpaDevice(VdpaConfiguration configuration, PhysicalMemory memory, KickQueue kicks, int number) {
    this(
        configuration.name(),
        VdpaModel.of(configuration),
        configuration.queues(),
        configuration.vectors(),
        memory,
        kicks,
        SECTORS,
        number);
  }

  VdpaDevice(
      String name,
      VdpaModel model,
      int queueCount,
      int vectors,
      PhysicalMemory memory,
      KickQueue kicks,
      long sectors,
      int number) {
    this.name = name;
    this.model = model;
    queues = new Virtqueue[queueCount];
    for (int i = 0; i < queueCount; i++) {
      queues[i] = new Virtqueue(this, i);
    }
    interrupts = new VdpaInterrupts(model.interrupts(), queues, vectors);
    config = new VdpaConfigSpace(model, sectors, number);
    backend = model.net() ? new VirtioNet(this) : new VirtioBlock(this, sectors);
    this.kicks = kicks;
    unmapped = Translations.none(memory);
    iotlbs = new Translations[model.addressSpaces()];
    Arrays.fill(iotlbs, unmapped);
    groupAsid = new int[model.groups()];
  }

  /** The name that operations use. */
  public String name() {
    return name;
  }

  /** What kind it is. */
  public VdpaModel model() {
    return model;
  }

  /** How many virtqueues it has. */
  public int queues() {
    return queues.length;
  }

  /** A virtqueue. */
  public Virtqueue queue(int index) {
    return queues[index];
  }

  /** Its interrupts. */
  public VdpaInterrupts interrupts() {
    return interrupts;
  }

  /** Its configuration space. */
  public VdpaConfigSpace config() {
    return config;
  }

  Backend backend() {
    return backend;
  }

  /**
   * set_driver_features.
   *
   * @return false when the device does not take them
   */
  public boolean features(long taken) {
    if ((taken & model.required()) != model.required()
        || (!model.masksUnknown() && (taken & ~model.features()) != 0)) {
      return false;
    }
    features = taken & model.features();
    return true;
  }

  /** get_driver_features. */
  public long features() {
    return features;
  }

  /** What the features are, whatever the device would take: for vectors. */
  void forceFeatures(long taken) {
    features = model.masksUnknown() ? taken & model.features() : taken;
  }

  boolean negotiated(long feature) {
    return (features & feature) != 0;
  }

  boolean packed() {
    return negotiated(VdpaModel.PACKED);
  }

  /** get_status. */
  public int status() {
    return status;
  }

  /** set_status, to what is not 0. */
  public void status(int next) {
    boolean starts = ((next & ~status) & VIRTIO_CONFIG_S_DRIVER_OK) != 0;
    if (starts && !interrupts.allocate()) {
      status |= VdpaInterrupts.FAILED;
      return;
    }
    status = next;
    running = started();
  }

  /** DRIVER_OK is set. */
  public boolean started() {
    return (status & VIRTIO_CONFIG_S_DRIVER_OK) != 0;
  }

  /** reset. Disk and configuration stay. */
  public void reset() {
    for (Virtqueue queue : queues) {
      queue.reset(!model.keepsCallbacks());
    }
    interrupts.reset(model.dropsConfigCallback());
    if (model.ownTranslations()) {
      Arrays.fill(iotlbs, unmapped);
    }
    Arrays.fill(groupAsid, 0);
    status = 0;
    features = 0;
    running = false;
    needsReset = false;
    problem = null;
    brokenQueue = null;
    generation++;
  }

  /** suspend: rings stop until the status is set again. */
  public void suspend() {
    running = false;
  }

  /**
   * set_group_asid.
   *
   * @return false when there is no such group or address space
   */
  public boolean groupAsid(int group, int asid) {
    if (Integer.compareUnsigned(group, groupAsid.length) >= 0
        || Integer.compareUnsigned(asid, iotlbs.length) >= 0) {
      return false;
    }
    groupAsid[group] = asid;
    return true;
  }

  /** set_map: the translations of an address space; or those of the IOMMU that stands before it. */
  public void iotlb(int asid, Translations table) {
    iotlbs[asid] = table;
  }

  /** Nobody translates for it any more. */
  public void unmapAll() {
    Arrays.fill(iotlbs, unmapped);
  }

  Translations iotlb(Virtqueue queue) {
    return iotlbs[groupAsid[model.group(queue.index())]];
  }

  /** Whether rings are processed. */
  boolean running() {
    return running && started() && !needsReset && kicks.mayWork();
  }

  /** A request cost some work. */
  void work(long cost) {
    kicks.charge(cost);
  }

  /** kick_vq: the device runs until nothing is left to be done. */
  public void kick(int index) {
    if (!queues[index].ready()) {
      return;
    }
    if (!kicked) {
      kicked = true;
      kicks.kick(this);
    }
  }

  /** Its turn has come. */
  void run() {
    kicked = false;
    if (running()) {
      backend.run();
    }
  }

  /** What is to be done besides when a ring breaks the device. */
  public void whenBroken(Runnable does) {
    whenBroken = does;
  }

  /** A ring is broken: strictly, the device stops until it is reset, and says so. */
  void broken(Virtqueue queue, @Nullable String what) {
    if (!model.strict() || needsReset) {
      return;
    }
    needsReset = true;
    problem = what;
    brokenQueue = queue;
    status |= VIRTIO_CONFIG_S_NEEDS_RESET;
    whenBroken.run();
    interrupts.config();
  }

  /** Why it needs a reset; null when it does not. */
  public @Nullable String problem() {
    return problem;
  }

  /** Which queue's ring was broken; -1 for none. */
  int brokenQueue() {
    return brokenQueue == null ? -1 : brokenQueue.index();
  }

  /** The device interrupts for a queue. */
  void raise(int queue) {
    interrupts.queue(queue);
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("status", status);
    out.hex("features", features);
    out.flag("running", running);
    out.number("generation", generation);
    if (problem != null) {
      out.text("problem", problem);
      out.number("broken_queue", brokenQueue());
    }
    out.child("config", "", config);
    out.child("interrupts", "", interrupts);
    for (int asid = 0; asid < iotlbs.length; asid++) {
      out.hex("iotlb " + asid, iotlbs[asid].hash());
    }
    for (int group = 0; group < groupAsid.length; group++) {
      out.number("asid of group " + group, groupAsid[group]);
    }
    for (Virtqueue queue : queues) {
      out.child("queue", Integer.toString(queue.index()), queue);
    }
    out.child("backend", "", backend);
  }
}
