package io.virtrig.emulator.hardware.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;

import io.virtrig.emulator.hardware.iommu.DmaOutcome;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.iommu.IommuUnit;
import io.virtrig.emulator.hardware.iommu.PageRequest;
import io.virtrig.emulator.hardware.iommu.PageResponse;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.Bdf;
import io.virtrig.emulator.spec.DeviceConfiguration;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.DmaFault;
import org.jspecify.annotations.Nullable;

/** A PCI function: configuration space, BARs, interrupts and DMA. */
public final class PciFunction implements Stateful {
  /** The model whose registers do something. */
  private static final String EDU = "edu";

  private final DeviceConfiguration configuration;
  private final PhysicalMemory memory;
  private final IommuUnit iommu;
  private final PciBus bus;
  private final ConfigSpace config;

  /**
   * Which bits can be written: made at the first write, from what no write changes. Most functions
   * of a host are never written.
   */
  private @Nullable ConfigSpace writable;

  private final PciInterrupts interrupts;
  private final BarSpace bars;
  private final int pm;

  /** It does what an act says, whatever its command register has. */
  private final boolean alwaysMaster;

  private int failingConnects;

  /** Where messages are written to; {@link Doorbells#DIRECT} without a look at it. */
  private long messageAddress = Doorbells.DIRECT;

  PciFunction(
      DeviceConfiguration configuration,
      DeviceModel model,
      PhysicalMemory memory,
      IommuUnit iommu,
      PciBus bus,
      int number,
      boolean alwaysMaster) {
    this.configuration = configuration;
    this.iommu = iommu;
    this.memory = memory;
    this.bus = bus;
    config = new ConfigSpace(model.config().toByteArray());
    interrupts = new PciInterrupts(config, new Messages());
    this.alwaysMaster = alwaysMaster;
    pm = Capabilities.find(config, PCI_CAP_ID_PM);
    BarRegisters registers =
        model.name().equals(EDU) ? new EduRegisters(this) : new PlainRegisters(model.registers());
    bars = new BarSpace(model.bars(), registers, interrupts, config, number);
  }

  /** The name that operations use. */
  public String name() {
    return configuration.name();
  }

  /** What the specification says about it. */
  public DeviceConfiguration configuration() {
    return configuration;
  }

  /** The bus it is on. */
  public PciBus bus() {
    return bus;
  }

  /** The physical configuration space; {@link #writeConfig} changes it. */
  public ConfigSpace config() {
    return config;
  }

  /** Its BARs. */
  public BarSpace bars() {
    return bars;
  }

  /** The MSI-X table. */
  public MsixTable msixTable() {
    return interrupts.msixTable();
  }

  /** A write of 1, 2 or 4 bytes to configuration space; bits it does not implement stay. */
  public void writeConfig(int at, int size, int value) {
    if (writable == null) {
      writable = WritableBits.of(config);
    }
    int mask = writable.get(at, size);
    int before = config.word(PCI_COMMAND);
    config.set(at, size, (config.get(at, size) & ~mask) | (value & mask));
    if (((before & ~config.word(PCI_COMMAND)) & PCI_COMMAND_INTX_DISABLE) != 0) {
      interrupts.assertLine();
    }
    interrupts.sendPending();
  }

  /** Puts configuration space back to what it was (pci_load_saved_state, pci_restore_state). */
  public void restoreConfig(ConfigSpace saved) {
    config.set(saved);
    interrupts.drive(interrupts.line());
  }

  /** Sets or clears bits of the command register. */
  public void command(int bits, boolean on) {
    int others = config.word(PCI_COMMAND) & ~bits;
    writeConfig(PCI_COMMAND, 2, on ? others | bits : others);
  }

  boolean decodesMemory() {
    return (config.word(PCI_COMMAND) & PCI_COMMAND_MEMORY) != 0;
  }

  /** The state of its power management capability: 0 for D0 to 3 for D3hot. */
  public int powerState() {
    return pm == 0 ? 0 : config.word(pm + PCI_PM_CTRL) & PCI_PM_CTRL_STATE_MASK;
  }

  /**
   * Changes the power state; without the capability, and for one it does not have, nothing happens.
   */
  public void powerState(int state) {
    int capable = pm == 0 ? 0 : config.word(pm + PCI_PM_PMC);
    boolean has =
        switch (state) {
          case 1 -> (capable & PCI_PM_CAP_D1) != 0;
          case 2 -> (capable & PCI_PM_CAP_D2) != 0;
          default -> pm != 0;
        };
    if (has) {
      int control = config.word(pm + PCI_PM_CTRL);
      if (state == 0 && powerState() == 3 && (control & PCI_PM_CTRL_NO_SOFT_RESET) == 0) {
        reset();
      }
      config.set(pm + PCI_PM_CTRL, 2, (control & ~PCI_PM_CTRL_STATE_MASK) | state);
    }
  }

  /**
   * Whether the kernel finds a way to reset just this function: FLR, advanced features, leaving
   * D3hot, or a bus that it has for itself (pci_init_reset_methods).
   */
  public boolean resettable() {
    int exp = Capabilities.find(config, PCI_CAP_ID_EXP);
    int af = Capabilities.find(config, PCI_CAP_ID_AF);
    int both = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
    return (exp != 0 && (config.dword(exp + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR) != 0)
        || (af != 0 && (config.byteAt(af + PCI_AF_CAP) & both) == both)
        || (pm != 0 && (config.word(pm + PCI_PM_CTRL) & PCI_PM_CTRL_NO_SOFT_RESET) == 0)
        || (bus.resettable(this) && bus.sharingBus(this).size() == 1);
  }

  /** A reset, after which the host has restored configuration space and MSI-X table. */
  public void reset() {
    bars.reset();
    interrupts.reset();
  }

  /** Who takes its interrupts; null: nobody. */
  public void interruptHandler(@Nullable InterruptHandler handler) {
    interrupts.handler(handler);
  }

  /** Reports an uncorrectable error. */
  public void reportError() {
    interrupts.reportError();
  }

  /** The host asks whoever uses it to give it back. */
  public void requestRemoval() {
    interrupts.requestRemoval();
  }

  /** Raises or lowers the INTx line. */
  public void driveLine(boolean up) {
    interrupts.drive(up);
  }

  /** Whether the INTx line is up. */
  public boolean lineUp() {
    return interrupts.line();
  }

  /** How many vectors it can have: MSI-X where extended, else MSI. */
  public int vectors(boolean extended) {
    return extended ? msixTable().vectors() : interrupts.msiVectors();
  }

  /** Whether its MSI-X, or MSI, is enabled. */
  public boolean messagesEnabled(boolean extended) {
    int at = Capabilities.find(config, extended ? PCI_CAP_ID_MSIX : PCI_CAP_ID_MSI);
    int enable = extended ? PCI_MSIX_FLAGS_ENABLE : PCI_MSI_FLAGS_ENABLE;
    return at != 0 && (config.word(at + PCI_CAP_FLAGS) & enable) != 0;
  }

  /** Signals a vector. */
  public void raiseMessage(boolean extended, int vector) {
    if (extended) {
      interrupts.raiseMsix(vector);
    } else {
      interrupts.raiseMsi(vector);
    }
  }

  /** pci_alloc_irq_vectors: messages on, every vector masked where it can be, INTx off. */
  public void enableMessages(boolean extended, int vectors) {
    interrupts.enable(extended, vectors);
    command(PCI_COMMAND_INTX_DISABLE, true);
  }

  /** pci_free_irq_vectors: messages off, INTx on. */
  public void disableMessages(boolean extended) {
    interrupts.disable(extended);
    messageAddress = Doorbells.DIRECT;
    command(PCI_COMMAND_INTX_DISABLE, false);
  }

  /** The host programs where messages are written to. */
  public void messageAddress(long address) {
    messageAddress = address;
  }

  private boolean busMaster() {
    return alwaysMaster || (config.word(PCI_COMMAND) & PCI_COMMAND_MASTER) != 0;
  }

  /** A message is a write like any other: the IOMMU must lead it to the function's doorbell. */
  private final class Messages implements MessageRoute {
    @Override
    public boolean arrives() {
      if (!busMaster() || messageAddress == Doorbells.POISONED) {
        return false;
      }
      if (messageAddress == Doorbells.DIRECT) {
        return true;
      }
      DmaOutcome outcome =
          iommu.translate(
              new DmaRequest(source(), DmaRequest.NO_PASID, messageAddress, true, false));
      return !outcome.blocked() && outcome.address() == Doorbells.of(PciFunction.this);
    }
  }

  /** Masks or unmasks a vector where it can; what pends goes. */
  public void maskVector(boolean extended, int vector, boolean masked) {
    interrupts.mask(extended, vector, masked);
  }

  /** The next connects of its interrupts with a consumer fail. */
  public void failConnects(int count) {
    failingConnects = count;
  }

  /** Whether a connect fails; one failure fewer is left. */
  public boolean takeConnectFailure() {
    if (failingConnects == 0) {
      return false;
    }
    failingConnects--;
    return true;
  }

  /** What the IOMMU knows it by: its requester id, below the PCI segment's number. */
  public int source() {
    Bdf bdf = configuration.bdf();
    return bdf.domain() << 16 | bdf.bus() << 8 | bdf.devfn();
  }

  /** Which domain its requests without PASID go through; null: none lets them pass. */
  public void attach(@Nullable IommuDomain to) {
    if (to == null) {
      iommu.detach(source());
    } else {
      iommu.attach(source(), to);
    }
  }

  /**
   * Reads memory.
   *
   * @return why not; null when all was read
   */
  public @Nullable DmaFault read(long iova, byte[] to, DmaAttributes attributes) {
    return access(iova, to, false, attributes);
  }

  /**
   * Writes memory.
   *
   * @return why not; null when all was written. What lies before the address at fault is written.
   */
  public @Nullable DmaFault write(long iova, byte[] from, DmaAttributes attributes) {
    return access(iova, from, true, attributes);
  }

  private @Nullable DmaFault access(
      long iova, byte[] bytes, boolean write, DmaAttributes attributes) {
    if (!busMaster()) {
      return fault("not_bus_master", iova, write, attributes).build();
    }
    String unable = unable(attributes);
    if (unable != null) {
      return fault(unable, iova, write, attributes).build();
    }
    int done = 0;
    while (done < bytes.length) {
      long at = iova + done;
      DmaRequest request =
          new DmaRequest(source(), attributes.pasid(), at, write, attributes.privileged());
      DmaOutcome outcome =
          attributes.ats() ? iommu.translateByAts(request) : iommu.translate(request);
      if (outcome.blocked()) {
        DmaFault.Builder fault =
            fault(outcome.reason(), at, write, attributes)
                .setCode(outcome.code())
                .setStructure(outcome.structure());
        if (outcome.decidedAt() >= 0) {
          fault.setLevel(outcome.decidedAt());
        }
        return fault.build();
      }
      long left = (1L << outcome.pageShift()) - (at & ((1L << outcome.pageShift()) - 1));
      int piece = (int) Math.min(left, bytes.length - done);
      move(outcome.address(), bytes, done, piece, write);
      done += piece;
    }
    return null;
  }

  /** What an access has that the function cannot send; null when it can. */
  private @Nullable String unable(DmaAttributes attributes) {
    if (attributes.pasid() != DmaRequest.NO_PASID) {
      if (!configuration.spec().getPasid()) {
        return "pasid_not_supported";
      }
      if (attributes.pasid() >>> configuration.spec().getPasidBits() != 0) {
        return "pasid_too_wide";
      }
      if (attributes.privileged() && !configuration.spec().getPasidPriv()) {
        return "privileged_not_supported";
      }
    }
    return attributes.ats() && !configuration.spec().getAts() ? "ats_not_supported" : null;
  }

  /** Asks for a page (PRI) and waits for the answer. */
  public PageResponse requestPage(long iova, boolean write, DmaAttributes attributes) {
    if (!configuration.spec().getPri() || unable(attributes) != null) {
      return PageResponse.INVALID_REQUEST;
    }
    return iommu.request(
        new PageRequest(
            new DmaRequest(source(), attributes.pasid(), iova, write, attributes.privileged()),
            0,
            true));
  }

  private void move(long physical, byte[] bytes, int at, int length, boolean write) {
    if (Doorbells.isDoorbell(physical)) {
      return; // No event is set up behind a write that is no message.
    }
    if (PciBus.isDevice(physical)) {
      if (write) {
        bus.write(physical, bytes, at, length);
      } else {
        bus.read(physical, bytes, at, length);
      }
    } else if (write) {
      memory.write(physical, bytes, at, length);
    } else {
      memory.read(physical, bytes, at, length);
    }
  }

  private static DmaFault.Builder fault(
      String reason, long address, boolean write, DmaAttributes attributes) {
    DmaFault.Builder fault =
        DmaFault.newBuilder().setReason(reason).setAddress(address).setWrite(write);
    if (attributes.pasid() != DmaRequest.NO_PASID) {
      fault.setPasid(attributes.pasid());
    }
    return fault;
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("bdf", configuration.bdf().toString());
    out.hex("command", config.word(PCI_COMMAND));
    out.hex("config", config.hash());
    out.number("failing_connects", failingConnects);
    if (messageAddress != Doorbells.DIRECT) {
      out.hex("message_address", messageAddress);
    }
    out.child("interrupts", "", interrupts);
    out.child("bars", "", bars);
  }
}
