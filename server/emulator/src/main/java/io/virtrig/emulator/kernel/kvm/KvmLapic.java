package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Map;

/**
 * A vCPU's local APIC in xAPIC mode (struct kvm_lapic, arch/x86/kvm/lapic.c): its registers, what
 * it takes and what guests write to it. The timer is not simulated, and no guest runs that would
 * accept an interrupt: what was taken stays in IRR.
 */
final class KvmLapic implements Stateful {
  /** Where guests find it. */
  static final long BASE = 0xfee00000L;

  /** Bytes it answers. */
  static final int LENGTH = 0x1000;

  private static final int ID = 0x20;
  private static final int VERSION = 0x30;
  private static final int TASK_PRIORITY = 0x80;
  private static final int EOI = 0xb0;
  private static final int LOGICAL_DESTINATION = 0xd0;
  private static final int DESTINATION_FORMAT = 0xe0;
  private static final int SPURIOUS = 0xf0;
  private static final int IN_SERVICE = 0x100;
  private static final int TRIGGER_MODE = 0x180;
  private static final int REQUESTED = 0x200;
  private static final int COMMAND = 0x300;
  private static final int COMMAND_HIGH = 0x310;
  private static final int LVT_TIMER = 0x320;
  private static final int LVT_LINT0 = 0x350;
  private static final int LVT_ERROR = 0x370;
  private static final int TIMER_INITIAL = 0x380;

  private static final int REGISTERS = 0x400;
  private static final int SOFTWARE_ENABLED = 0x100;
  private static final int DIRECTED_EOI = 0x1000;
  private static final int LVT_MASKED = 0x10000;
  private static final int LVT_EXTINT = 0x700;
  private static final int FLAT = -1;

  private final KvmApics apics;
  private final int vcpuId;
  private final int[] registers = new int[REGISTERS >> 4];
  private int nmis;
  private boolean smi;
  private boolean init;
  private int startupVector = -1;

  /**
   * A local APIC after reset (kvm_lapic_reset).
   *
   * @param boot it is the boot CPU's
   */
  KvmLapic(KvmApics apics, int vcpuId, boolean boot) {
    this.apics = apics;
    this.vcpuId = vcpuId;
    set(ID, vcpuId << 24);
    set(VERSION, 0x50014);
    set(DESTINATION_FORMAT, FLAT);
    set(SPURIOUS, 0xff);
    for (int lvt = LVT_TIMER; lvt <= LVT_ERROR; lvt += 0x10) {
      set(lvt, LVT_MASKED);
    }
    if (boot) {
      set(LVT_LINT0, LVT_EXTINT);
    }
  }

  private int get(int register) {
    return registers[register >> 4];
  }

  private void set(int register, int value) {
    registers[register >> 4] = value;
  }

  /** The vCPU's number, which is its x2APIC id. */
  int vcpuId() {
    return vcpuId;
  }

  /** The id in xAPIC mode. */
  int id() {
    return get(ID) >>> 24;
  }

  boolean softwareEnabled() {
    return (get(SPURIOUS) & SOFTWARE_ENABLED) != 0;
  }

  /** EOIs are not told to the I/O APIC. */
  boolean directedEoi() {
    return (get(SPURIOUS) & DIRECTED_EOI) != 0;
  }

  /** The logical id, 8 bits. */
  int logicalId() {
    return get(LOGICAL_DESTINATION) >>> 24;
  }

  /** Whether logical ids are flat bits; otherwise clusters. */
  boolean flat() {
    return get(DESTINATION_FORMAT) == FLAT;
  }

  /** Whether a destination means this one (kvm_apic_match_dest, no shorthand). */
  boolean matches(int destination, boolean logical) {
    if (destination == KvmLapicIrq.BROADCAST) {
      return true;
    }
    if (!logical) {
      return destination == id() || (vcpuId > 0xff && destination == vcpuId);
    }
    int own = logicalId();
    if (flat()) {
      return (own & destination) != 0;
    }
    return get(DESTINATION_FORMAT) == 0x0fffffff
        && own >> 4 == destination >>> 4
        && (own & destination & 0xf) != 0;
  }

  /**
   * Takes an interrupt (__apic_accept_irq).
   *
   * @return false when it does not
   */
  boolean accept(KvmLapicIrq irq) {
    switch (irq.deliveryMode()) {
      case KvmLapicIrq.FIXED, KvmLapicIrq.LOWEST -> {
        if ((irq.levelTriggered() && !irq.asserted()) || !softwareEnabled()) {
          return false;
        }
        setBit(TRIGGER_MODE, irq.vector(), irq.levelTriggered());
        setBit(REQUESTED, irq.vector(), true);
      }
      case KvmLapicIrq.NMI -> nmis = Math.min(2, nmis + 1);
      case KvmLapicIrq.SMI -> smi = true;
      case KvmLapicIrq.INIT -> {
        if (irq.levelTriggered() && !irq.asserted()) {
          return false;
        }
        init = true;
      }
      case KvmLapicIrq.STARTUP -> startupVector = irq.vector();
      case KvmLapicIrq.REMOTE_READ -> {}
      default -> {
        return false;
      }
    }
    return true;
  }

  /** The IOMMU posts an interrupt: it shows in IRR, whether the APIC is enabled or not. */
  void post(int vector) {
    setBit(REQUESTED, vector, true);
  }

  private void setBit(int register, int vector, boolean value) {
    int bit = 1 << (vector & 31);
    int at = (register >> 4) + (vector >> 5);
    registers[at] = value ? registers[at] | bit : registers[at] & ~bit;
  }

  private boolean bit(int register, int vector) {
    return (registers[(register >> 4) + (vector >> 5)] & 1 << (vector & 31)) != 0;
  }

  /** KVM_GET_LAPIC. */
  void getRegisters(Map<Integer, Integer> to) {
    for (int at = 0; at < registers.length; at++) {
      to.put(at << 4, registers[at]);
    }
  }

  /** KVM_SET_LAPIC: registers left out stay. */
  void setRegisters(Map<Integer, Integer> values) {
    for (int register : values.keySet()) {
      if (register < 0 || register >= REGISTERS || (register & 0xf) != 0) {
        throw Refused.invalid(
            "regs", "0x" + Integer.toHexString(register) + " is no local APIC register");
      }
    }
    values.forEach(this::set);
    apics.recalculate();
  }

  /** A guest reads (kvm_lapic_reg_read): aligned 32-bit registers; anything else is undefined. */
  int read(int offset) {
    int register = offset & ~0xf;
    return register < REGISTERS && register != EOI ? get(register) : 0;
  }

  /** A guest writes a register (kvm_lapic_reg_write). */
  void write(int register, int value) {
    switch (register) {
      case ID -> {
        set(ID, value & 0xff000000);
        apics.recalculate();
      }
      case TASK_PRIORITY -> set(TASK_PRIORITY, value & 0xff);
      case EOI -> endOfInterrupt();
      case LOGICAL_DESTINATION -> {
        set(LOGICAL_DESTINATION, value & 0xff000000);
        apics.recalculate();
      }
      case DESTINATION_FORMAT -> {
        set(DESTINATION_FORMAT, value | 0x0fffffff);
        apics.recalculate();
      }
      case SPURIOUS -> {
        set(SPURIOUS, value & 0x3ff);
        if (!softwareEnabled()) {
          for (int lvt = LVT_TIMER; lvt <= LVT_ERROR; lvt += 0x10) {
            set(lvt, get(lvt) | LVT_MASKED);
          }
        }
        apics.recalculate();
      }
      case COMMAND_HIGH -> set(COMMAND_HIGH, value & 0xff000000);
      case COMMAND -> {
        int command = value & ~0x1000;
        set(COMMAND, command);
        apics.sendIpi(this, command, get(COMMAND_HIGH) >>> 24);
      }
      case TIMER_INITIAL ->
          throw Refused.unimplemented("gpa", "the local APIC's timer is not simulated");
      default -> {
        if (register >= LVT_TIMER && register <= LVT_ERROR) {
          set(register, softwareEnabled() ? value : value | LVT_MASKED);
        }
      }
    }
  }

  /** apic_set_eoi: the interrupt in service with the highest vector ends. */
  private void endOfInterrupt() {
    for (int vector = 255; vector >= 0; vector--) {
      if (bit(IN_SERVICE, vector)) {
        setBit(IN_SERVICE, vector, false);
        apics.endOfInterrupt(this, vector, bit(TRIGGER_MODE, vector));
        return;
      }
    }
  }

  @Override
  public void writeState(StateWriter out) {
    long[] words = new long[registers.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = registers[i];
    }
    out.hex("registers", StateHash.ofWords(words));
    out.hex("svr", get(SPURIOUS));
    out.hex("ldr", get(LOGICAL_DESTINATION));
    out.number("nmis", nmis);
    out.flag("smi", smi);
    out.flag("init", init);
    out.number("startup_vector", startupVector);
  }
}
