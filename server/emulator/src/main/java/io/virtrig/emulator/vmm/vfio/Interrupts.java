package io.virtrig.emulator.vmm.vfio;

import static io.virtrig.emulator.vmm.InterruptCalls.NONE;
import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.InterruptCalls;
import io.virtrig.emulator.vmm.Program;
import org.jspecify.annotations.Nullable;

/**
 * The interrupts of a device: none, INTx, MSI or MSI-X, one at a time. Each vector has an eventfd
 * that QEMU reads and, while KVM has a route for its message, one that is an irqfd: VFIO signals
 * the one or the other (vfio_msi_enable, vfio_msix_vector_do_use and what belongs to them).
 */
final class Interrupts implements Stateful, MsixTable.Notifier {
  private enum Mode {
    NONE,
    INTX,
    MSI,
    MSIX
  }

  /** What a vector sends. */
  interface Messages {
    long address(boolean msix, int vector);

    int data(boolean msix, int vector);

    /** The device, as QEMU sees it, sends the message. */
    void send(boolean msix, int vector);
  }

  /** VFIOMSIVector. */
  private static final class Vector {
    int interrupt = NONE;
    int kvmInterrupt = NONE;
    int virq = NONE;
    boolean use;
    boolean handled;
  }

  private final Program program;
  private final InterruptCalls calls;
  private final GsiRoutes routes;
  private final Messages messages;
  private final @Nullable LineInterrupt line;
  private final @Nullable MsixTable table;
  private Mode mode = Mode.NONE;
  private Vector[] vectors = {};

  /** How many of the vectors VFIO has been given. */
  private int enabled;

  Interrupts(
      Program program,
      InterruptCalls calls,
      GsiRoutes routes,
      Messages messages,
      @Nullable LineInterrupt line,
      @Nullable MsixTable table) {
    this.program = program;
    this.calls = calls;
    this.routes = routes;
    this.messages = messages;
    this.line = line;
    this.table = table;
  }

  /** vfio_intx_enable; a device without an interrupt pin has none. */
  void enableLine() {
    if (line != null) {
      disable();
      line.enable();
      mode = Mode.INTX;
    }
  }

  /** The same where nobody looks at the result: the device stays without interrupts. */
  void tryLine() {
    try {
      enableLine();
    } catch (KernelError _) {
      mode = Mode.NONE;
    }
  }

  /** vfio_disable_interrupts: the end of messages brings INTx back, which goes then. */
  void disable() {
    switch (mode) {
      case MSI -> disableMsi();
      case MSIX -> disableMsix();
      case NONE, INTX -> {}
    }
    if (mode == Mode.INTX && line != null) {
      line.disable();
      mode = Mode.NONE;
    }
  }

  /** vfio_msi_enable. What fails leaves the device without interrupts. */
  void enableMsi(int count) {
    disable();
    allocate(count);
    for (int i = 0; i < count; i++) {
      vectors[i].use = true;
      vectors[i].handled = true;
      vectors[i].interrupt = calls.tryEventfd("interrupt" + i);
      addRoute(false, i);
    }
    mode = Mode.MSI;
    enabled = count;
    if (!signal(false)) {
      releaseAll();
      mode = Mode.NONE;
    }
  }

  /** vfio_msi_disable. */
  void disableMsi() {
    var _ = calls.disable(VFIO_PCI_MSI_IRQ_INDEX);
    releaseAll();
    mode = Mode.NONE;
    tryLine();
  }

  /** vfio_update_msi: each message again. */
  void updateMsi() {
    for (int i = 0; i < enabled; i++) {
      if (vectors[i].virq != NONE) {
        routes.update(vectors[i].virq, messages.address(false, i), messages.data(false, i));
      }
    }
  }

  /**
   * vfio_msix_enable. Vector 0 is enabled, signalled to QEMU, so that the device has MSI-X on as
   * the guest believes, though it uses no vector yet.
   */
  void enableMsix(MsixTable entries) {
    disable();
    allocate(entries.size());
    mode = Mode.MSIX;
    use(0, false, false);
    release(0);
    entries.startNotifying(this);
  }

  /** vfio_msix_disable. */
  void disableMsix() {
    if (table != null) {
      table.stopNotifying(this);
      for (int i = 0; i < enabled; i++) {
        if (vectors[i].use) {
          release(i);
          table.unuse(i);
        }
      }
    }
    if (enabled > 0) {
      var _ = calls.disable(VFIO_PCI_MSIX_IRQ_INDEX);
    }
    releaseAll();
    mode = Mode.NONE;
    tryLine();
  }

  @Override
  public void use(int vector) {
    use(vector, true, true);
  }

  /** vfio_msix_vector_do_use. VFIO does not add vectors: for one beyond, all are set up anew. */
  private void use(int number, boolean routed, boolean handled) {
    Vector vector = vector(number);
    if (!vector.use) {
      vector.interrupt = calls.tryEventfd("interrupt" + number);
      vector.use = true;
    }
    vector.handled = handled;
    if (vector.virq != NONE) {
      routes.update(vector.virq, messages.address(true, number), messages.data(true, number));
    } else if (routed) {
      addRoute(true, number);
    }
    if (enabled < number + 1) {
      var _ = calls.disable(VFIO_PCI_MSIX_IRQ_INDEX);
      enabled = number + 1;
      var _ = signal(true);
    } else {
      int fd = vector.virq == NONE ? vector.interrupt : vector.kvmInterrupt;
      var _ = calls.eventfds(VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_MSIX_IRQ_INDEX, number, fd);
    }
  }

  /** vfio_msix_vector_release: the irqfd stays, VFIO signals QEMU, which keeps what is masked. */
  @Override
  public void release(int number) {
    Vector vector = vector(number);
    if (vector.virq != NONE) {
      var _ =
          calls.eventfds(
              VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_MSIX_IRQ_INDEX, number, vector.interrupt);
    }
  }

  /** A guest that has switched MSI off under MSI-X has taken the vectors away. */
  private Vector vector(int number) {
    if (number >= vectors.length) {
      throw new Aborted("SIGSEGV: msi_vectors is NULL");
    }
    return vectors[number];
  }

  @Override
  public void send(int vector) {
    messages.send(true, vector);
  }

  private void allocate(int count) {
    vectors = new Vector[count];
    for (int i = 0; i < count; i++) {
      vectors[i] = new Vector();
    }
    enabled = 0;
  }

  /** vfio_add_kvm_msi_virq; what fails leaves the vector to QEMU. */
  private void addRoute(boolean msix, int number) {
    Vector vector = vectors[number];
    int fd = calls.tryEventfd("kvm_interrupt" + number);
    if (fd == NONE) {
      return;
    }
    int virq = routes.add(messages.address(msix, number), messages.data(msix, number));
    if (virq == NONE) {
      calls.close(fd);
      return;
    }
    if (calls.assign(fd, virq, NONE).hasErrno()) {
      routes.release(virq);
      calls.close(fd);
      return;
    }
    vector.kvmInterrupt = fd;
    vector.virq = virq;
  }

  /** vfio_enable_vectors. */
  private boolean signal(boolean msix) {
    int[] fds = new int[enabled];
    for (int i = 0; i < enabled; i++) {
      fds[i] = vectors[i].use ? signalled(msix, i) : NONE;
    }
    int index = msix ? VFIO_PCI_MSIX_IRQ_INDEX : VFIO_PCI_MSI_IRQ_INDEX;
    return !calls.eventfds(VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, fds).hasErrno();
  }

  /** MSI's mask bits are the device's own affair; MSI-X's are QEMU's. */
  private int signalled(boolean msix, int number) {
    Vector vector = vectors[number];
    boolean own = vector.virq == NONE || (msix && table != null && table.masked(number));
    return own ? vector.interrupt : vector.kvmInterrupt;
  }

  /** vfio_msi_disable_common, but for what follows it. */
  private void releaseAll() {
    for (int i = 0; i < enabled; i++) {
      Vector vector = vectors[i];
      if (!vector.use) {
        continue;
      }
      if (vector.virq != NONE) {
        calls.deassign(vector.kvmInterrupt, vector.virq);
        routes.release(vector.virq);
        calls.close(vector.kvmInterrupt);
      }
      if (vector.interrupt != NONE) {
        calls.close(vector.interrupt);
      }
    }
    vectors = new Vector[0];
    enabled = 0;
  }

  /** The main loop: vfio_intx_interrupt and vfio_msi_interrupt of what has been signalled. */
  void turn() {
    if (mode == Mode.INTX && line != null) {
      line.turn();
    }
    boolean msix = mode == Mode.MSIX;
    for (int i = 0; i < enabled; i++) {
      Vector vector = vectors[i];
      if (!vector.handled || vector.interrupt == NONE || !program.drain(vector.interrupt)) {
        continue;
      }
      if (msix && table != null && table.masked(i)) {
        table.pend(i);
      } else {
        messages.send(msix, i);
      }
    }
  }

  /** pci_device_deassert_intx: messages have taken over. */
  void lowerLine() {
    if (line != null) {
      line.lower();
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("mode", mode.name());
    out.number("enabled", enabled);
    if (line != null) {
      out.child("line", "", line);
    }
    if (table != null) {
      out.child("msix_table", "", table);
    }
    for (int i = 0; i < vectors.length; i++) {
      Vector vector = vectors[i];
      if (vector.use) {
        String name = "vector" + i + "_";
        out.number(name + "interrupt", vector.interrupt);
        out.number(name + "kvm_interrupt", vector.kvmInterrupt);
        out.number(name + "virq", vector.virq);
        out.flag(name + "handled", vector.handled);
      }
    }
  }
}
