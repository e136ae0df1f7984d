package io.virtrig.emulator.spec;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.DeviceSpec;

/**
 * One vDPA device of a host's specification, checked.
 *
 * @param name the name that operations use
 * @param model which parent driver it has
 * @param net a network device; otherwise a block device
 * @param queues how many virtqueues it has
 * @param vectors how many interrupt vectors its function can give
 * @param peer the network device at the other end of its link; empty: itself
 * @param spec the same as a message
 */
public record VdpaConfiguration(
    String name, Model model, boolean net, int queues, int vectors, String peer, DeviceSpec spec) {
  private static final int MOST_QUEUES = 256;
  private static final int MOST_VECTORS = 2048;

  /** Parent drivers. */
  public enum Model {
    /** The kernel's simulator. */
    VDPASIM("vdpasim"),
    /** Intel's virtual functions, whose rings are the hardware's. */
    IFCVF("ifcvf"),
    /** Virtio functions. */
    VP_VDPA("vp_vdpa");

    private final String label;

    Model(String label) {
      this.label = label;
    }

    /** The name in a host's specification. */
    public String label() {
      return label;
    }
  }

  private enum DeviceClass {
    NET("net"),
    BLK("blk");

    private final String label;

    DeviceClass(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  /**
   * Checks a device.
   *
   * @param number how many vDPA devices come before it
   */
  static VdpaConfiguration of(String field, DeviceSpec given, int number) {
    Model model =
        HostConfiguration.choice(
            field + ".model", given.getModel(), Model.values(), Model::label, Model.VDPASIM);
    DeviceClass kind =
        HostConfiguration.choice(
            field + ".class",
            given.getClass_(),
            DeviceClass.values(),
            DeviceClass::label,
            DeviceClass.NET);
    boolean net = kind == DeviceClass.NET;
    if (!given.getPeer().isEmpty() && !net) {
      throw Refused.invalid(field + ".peer", "only a network device has a link");
    }
    int queues =
        given.hasQueues() && model != Model.VDPASIM ? given.getQueues() : usual(model, net);
    if (queues < 1 || queues > MOST_QUEUES) {
      throw Refused.invalid(
          field + ".queues", Integer.toUnsignedString(queues) + " is not from 1 to " + MOST_QUEUES);
    }
    int vectors = given.hasMsixVectors() ? given.getMsixVectors() : queues + 1;
    if (vectors < 0 || vectors > MOST_VECTORS) {
      throw Refused.invalid(
          field + ".msix_vectors",
          Integer.toUnsignedString(vectors) + " is more than " + MOST_VECTORS);
    }
    String name = given.getName().isEmpty() ? "vdpa" + number : given.getName();
    DeviceSpec full =
        given.toBuilder()
            .setName(name)
            .setModel(model.label())
            .setClass_(kind.label())
            .setQueues(queues)
            .setMsixVectors(vectors)
            .build();
    return new VdpaConfiguration(name, model, net, queues, vectors, given.getPeer(), full);
  }

  private static int usual(Model model, boolean net) {
    if (model == Model.VDPASIM) {
      return net ? 3 : 1;
    }
    return net ? 2 : 1;
  }
}
