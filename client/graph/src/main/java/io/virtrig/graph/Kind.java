package io.virtrig.graph;

/** What a node of the picture stands for, from the programs on the left to the hardware. */
public enum Kind {
  /** A simulated process. */
  PROCESS("process", 0),
  /** A virtual machine. */
  VM("VM", 1),
  /** A VFIO container. */
  CONTAINER("VFIO container", 1),
  /** The PASIDs of an address space. */
  PASIDS("PASIDs", 1),
  /** Whatever has no kind of its own here. */
  OTHER("other", 1),
  /** A virtual processor. */
  VCPU("vCPU", 2),
  /** An eventfd's way into a VM. */
  IRQFD("irqfd", 2),
  /** A guest's way to an eventfd. */
  IOEVENTFD("ioeventfd", 2),
  /** An IOMMU group. */
  GROUP("IOMMU group", 2),
  /** An eventfd, however many descriptors it has. */
  EVENTFD("eventfd", 3),
  /** A PCI function or another device. */
  DEVICE("device", 4),
  /** The IOMMU of the machine. */
  IOMMU("IOMMU", 5);

  /** How many columns there are. */
  static final int RANKS = 6;

  private final String label;
  private final int rank;

  Kind(String label, int rank) {
    this.label = label;
    this.rank = rank;
  }

  /** Its name for people. */
  String label() {
    return label;
  }

  /** Its column, from the left. */
  int rank() {
    return rank;
  }
}
