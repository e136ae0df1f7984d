package io.virtrig.emulator.vmm.viommu;

import static io.virtrig.emulator.vmm.viommu.RegisterFile.*;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.GuestMemory;
import io.virtrig.emulator.vmm.viommu.PasidCache.Scope;
import io.virtrig.v1.DecodeDescriptorResponse;

/**
 * The emulated VT-d unit (vtd_mem_read, vtd_mem_write and what they call). It translates no DMA:
 * assigned devices go through the host's unit, which it programs by way of {@link PasidCache}; its
 * second-level tables are not shadowed.
 */
final class Viommu implements Stateful {

  /** What the unit does to the machine that it is part of. */
  interface Machine {
    /** Sends a message-signalled interrupt. */
    void message(long address, int data);

    /** An assertion fails: the VMM aborts. */
    void abort();

    /** Whether a device of that source id has an address space. */
    boolean hasDevice(int source);
  }

  private static final int TE = 1 << 31;
  private static final int SRTP = 1 << 30;
  private static final int QIE = 1 << 26;
  private static final int IRE = 1 << 25;
  private static final int SIRTP = 1 << 24;

  private static final int IQE = 1 << 4;
  private static final int FAULT_STATUS = 0x13;
  private static final int IM = 1 << 31;
  private static final int IP = 1 << 30;
  private static final int IWC = 1;
  private static final long START = 1L << 63;
  private static final long CONTEXT_DONE = 3L << 59;
  private static final long IOTLB_DONE = 3L << 57;

  private static final long PAS = 1;
  private static final long VCRSP_IP = 1;
  private static final int UNDEFINED_COMMAND = 1 << 1;
  private static final int NO_PASID = 2 << 1;
  private static final int LAST_PASID = 0xfffff;

  private final ViommuOptions options;
  private final Machine machine;
  private final RegisterFile registers = new RegisterFile();
  private final HostCapabilities capabilities;
  private final GuestTables tables;
  private final PasidCache pasids;
  private final InvalidationQueue queue;

  Viommu(ViommuOptions options, GuestMemory memory, Machine machine) {
    this.options = options;
    this.machine = machine;
    capabilities = new HostCapabilities(options);
    tables = new GuestTables(memory, options);
    pasids = new PasidCache(tables);
    queue = new InvalidationQueue(memory, registers, options.addressWidth(), new Execution());
  }

  /** set_iommu_context: a device of a host comes. ENOENT. */
  void attach(int source, HostIommuContext context) {
    capabilities.sync(context.info());
    pasids.attach(source, context);
  }

  /** unset_iommu_context. */
  void detach(int source) {
    pasids.detach(source);
  }

  /** Every cold-plugged device is there: the capabilities are final. */
  void machineDone() {
    capabilities.machineDone();
    initialise();
  }

  private void initialise() {
    registers.reset(capabilities.cap(), capabilities.ecap(), options.modern() ? PAS : 0);
    tables.rootTable(0);
    queue.reset();
  }

  /** Machine reset. PASIDs that the guest has allocated stay the container's. */
  void reset() {
    pasids.sync(new Scope.ForceReset());
    initialise();
  }

  /** The guest reads; an access that is not aligned reaches no register. */
  long read(long offset, int size) {
    if (offset < 0 || offset > BYTES - size) {
      return size == Integer.BYTES ? 0xffff_ffffL : -1;
    }
    if (offset % size != 0) {
      return 0;
    }
    return switch ((int) offset) {
      case IQA -> size == Integer.BYTES ? queue.address() & 0xffff_ffffL : queue.address();
      case IQA + 4 -> queue.address() >>> Integer.SIZE;
      default -> registers.read((int) offset, size);
    };
  }

  /** The guest writes. */
  void write(long at, int size, long value) {
    if (at < 0 || at > BYTES - size || at % size != 0) {
      return;
    }
    int offset = (int) at;
    boolean whole = size == Long.BYTES;
    switch (offset) {
      case VCMD, VCMD + 4 -> {
        command(offset, size, value);
        return;
      }
      default -> registers.write(offset, size, value);
    }
    switch (offset) {
      case GCMD -> globalCommand((int) value);
      case CCMD -> {
        if (whole) {
          invalidateContexts();
        }
      }
      case CCMD + 4 -> invalidateContexts();
      case IOTLB -> {
        if (whole) {
          invalidateIotlb();
        }
      }
      case IOTLB + 4 -> invalidateIotlb();
      case FSTS -> {
        if ((registers.raw32(FSTS) & FAULT_STATUS) == 0) {
          clear(FECTL, IP);
        }
      }
      case FECTL -> unmasked(FECTL);
      case IECTL -> unmasked(IECTL);
      case ICS -> {
        if ((registers.raw32(ICS) & IWC) == 0) {
          clear(IECTL, IP);
        }
      }
      case IQT -> queue.tailWritten();
      case IQA -> queue.addressWritten((capabilities.ecap() & ViommuOptions.ECAP_SMTS) != 0);
      default -> {}
    }
  }

  private void clear(int offset, int bits) {
    registers.set32(offset, registers.raw32(offset) & ~bits);
  }

  private void set(int offset, int bits) {
    registers.set32(offset, registers.raw32(offset) | bits);
  }

  /** GCMD, which keeps nothing itself. */
  private void globalCommand(int value) {
    int status = registers.raw32(GSTS);
    int changed = status ^ value;
    if ((changed & TE) != 0) {
      status(TE, (value & TE) != 0);
      pasids.sync(new Scope.ForceReset());
    }
    if ((value & SRTP) != 0) {
      tables.rootTable(registers.raw64(RTADDR));
      status(SRTP, true);
      pasids.sync(new Scope.ForceReset());
    }
    if ((changed & QIE) != 0) {
      boolean on = (value & QIE) != 0;
      if (queue.enable(on)) {
        status(QIE, on);
      }
      if (on) {
        queue.enabledWithTail();
      }
    }
    if ((value & SIRTP) != 0) {
      status(SIRTP, true);
    }
    if ((changed & IRE) != 0) {
      status(IRE, (value & IRE) != 0);
    }
  }

  private void status(int bit, boolean on) {
    if (on) {
      set(GSTS, bit);
    } else {
      clear(GSTS, bit);
    }
  }

  /** CCMD, while the queue is off; domain-selective is widened. */
  private void invalidateContexts() {
    long value = registers.raw64(CCMD);
    if ((value & START) == 0 || queue.enabled()) {
      return;
    }
    long done;
    switch ((int) (value >>> 61) & 3) {
      case 1, 2 -> {
        pasids.sync(new Scope.Global());
        done = 1;
      }
      case 3 -> {
        invalidateDevices((int) (value >>> 16) & 0xffff, (int) (value >>> 32) & 3);
        done = 3;
      }
      default -> done = 0;
    }
    registers.set64(CCMD, (value & ~START & ~CONTEXT_DONE) | done << 59);
  }

  private void invalidateDevices(int source, int functionMask) {
    int ignored = functionMask == 0 ? 0 : 8 - (1 << (3 - functionMask));
    int bus = source & 0xff00;
    for (int devfn = 0; devfn < 256; devfn++) {
      if ((devfn & ~ignored) == (source & 0xff & ~ignored) && machine.hasDevice(bus | devfn)) {
        pasids.sync(new Scope.Device(bus | devfn));
      }
    }
  }

  /** The IOTLB register: nothing that it could flush is kept. */
  private void invalidateIotlb() {
    long value = registers.raw64(IOTLB);
    if ((value & START) == 0 || queue.enabled()) {
      return;
    }
    long done = value >>> 60 & 3;
    if (done == 3 && (registers.raw64(IVA) & 0x3f) > ViommuOptions.MAMV) {
      done = 0;
    }
    registers.set64(IOTLB, (value & ~START & ~IOTLB_DONE) | done << 57);
  }

  /** VCMD: carried out within the write. */
  private void command(int offset, int size, long value) {
    if ((registers.raw64(VCCAP) & PAS) == 0 || (registers.raw64(VCRSP) & VCRSP_IP) != 0) {
      return;
    }
    registers.write(offset, size, value);
    registers.set64(VCRSP, VCRSP_IP);
    long answer =
        switch ((int) value & 0xff) {
          case 1 -> allocate();
          case 2 -> free((int) (value >>> 8) & LAST_PASID);
          default -> UNDEFINED_COMMAND;
        };
    registers.set64(VCRSP, answer);
  }

  private long allocate() {
    for (HostIommuContext context : pasids.attached()) {
      int pasid = context.allocate(1, LAST_PASID);
      if (pasid >= 0) {
        return (long) pasid << 8;
      }
    }
    return NO_PASID;
  }

  private long free(int pasid) {
    for (HostIommuContext context : pasids.attached()) {
      if (context.free(pasid)) {
        return 0;
      }
    }
    return NO_PASID;
  }

  /** FECTL or IECTL: what waits is sent when the mask goes. */
  private void unmasked(int control) {
    int value = registers.raw32(control);
    if ((value & IP) != 0 && (value & IM) == 0) {
      send(control);
    }
  }

  private void raise(int control) {
    set(control, IP);
    if ((registers.raw32(control) & IM) == 0) {
      send(control);
    }
  }

  private void send(int control) {
    clear(control, IP);
    long address =
        (long) registers.raw32(control + 12) << Integer.SIZE
            | Integer.toUnsignedLong(registers.raw32(control + 8));
    machine.message(address, registers.raw32(control + 4));
  }

  private void execute(DecodeDescriptorResponse it) {
    switch (it.getType()) {
      case "context_cache" -> {
        if (it.getGranularity().equals("device")) {
          invalidateDevices(it.getSid(), it.getFm());
        } else {
          pasids.sync(new Scope.Global());
        }
      }
      case "pasid_cache" ->
          pasids.sync(
              switch (it.getGranularity()) {
                case "domain" -> new Scope.Domain(it.getDid());
                case "pasid" -> new Scope.Pasid(it.getDid(), it.getPasid());
                default -> new Scope.Global();
              });
      case "pasid_iotlb" -> {
        int domain = it.getDid();
        int pasid = it.getPasid();
        if (it.getGranularity().equals("pasid")) {
          pasids.flush(domain, pasid);
        } else {
          // Computed in 32 bits.
          long bytes = Integer.toUnsignedLong(1 << (12 + it.getAm()));
          pasids.flushPages(domain, pasid, it.getAddress(), bytes, it.getLeafOnly());
        }
      }
      default -> {}
    }
  }

  /** What the queue asks for. */
  private final class Execution implements InvalidationQueue.Executor {
    @Override
    public void execute(DecodeDescriptorResponse descriptor) {
      Viommu.this.execute(descriptor);
    }

    @Override
    public void completed() {
      if ((registers.raw32(ICS) & IWC) == 0) {
        set(ICS, IWC);
        raise(IECTL);
      }
    }

    @Override
    public void abort() {
      machine.abort();
    }

    @Override
    public void stopped() {
      boolean quiet = (registers.raw32(FSTS) & FAULT_STATUS) == 0;
      set(FSTS, IQE);
      if (quiet) {
        raise(FECTL);
      }
    }

    @Override
    public boolean inError() {
      return (registers.raw32(FSTS) & IQE) != 0;
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("root_table", tables.rootTable());
    out.flag("scalable", tables.scalable());
    out.child("capabilities", "", capabilities);
    out.child("registers", "", registers);
    out.child("queue", "", queue);
    out.child("pasid_cache", "", pasids);
  }
}
