package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.spec.Arch;
import io.virtrig.emulator.spec.CpuVendor;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.HostX86OpsResponse;
import io.virtrig.v1.X86Op;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * The table of the vendor module that a host's KVM calls ({@code kvm_x86_ops}). What shows in the
 * simulation goes through it: a member that is not filled does not happen. Each call is counted.
 */
public final class KvmX86Ops implements Stateful {

  /** Members that are called. */
  enum Called {
    MEM_ENC_OP("mem_enc_op"),
    MEM_ENC_REGISTER_REGION("mem_enc_register_region"),
    MEM_ENC_UNREGISTER_REGION("mem_enc_unregister_region"),
    CHECK_APICV_INHIBIT_REASONS("check_apicv_inhibit_reasons"),
    UPDATE_PI_IRTE("update_pi_irte"),
    DELIVER_POSTED_INTERRUPT("deliver_posted_interrupt"),
    FLUSH_LOG_DIRTY("flush_log_dirty");

    private final String member;

    Called(String member) {
      this.member = member;
    }

    private boolean names(X86Member other) {
      return !other.nested() && other.newName().equals(member);
    }
  }

  /** What a vendor module fills. */
  private record Vendor(List<X86Member> members, Set<Called> filled) {
    static Vendor of(CpuVendor cpu) {
      List<X86Member> members = X86Members.of(cpu);
      Set<Called> filled = EnumSet.noneOf(Called.class);
      for (Called called : Called.values()) {
        if (members.stream().anyMatch(member -> called.names(member) && member.filled())) {
          filled.add(called);
        }
      }
      return new Vendor(members, Collections.unmodifiableSet(filled));
    }
  }

  private static final Vendor VMX = Vendor.of(CpuVendor.INTEL);
  private static final Vendor SVM = Vendor.of(CpuVendor.AMD);

  private final HostConfiguration configuration;
  private final long[] calls = new long[Called.values().length];

  /** The table of a host. */
  public KvmX86Ops(HostConfiguration configuration) {
    this.configuration = configuration;
  }

  private boolean svm() {
    return configuration.cpu() == CpuVendor.AMD;
  }

  private Vendor vendor() {
    return svm() ? SVM : VMX;
  }

  @SuppressWarnings("EnumOrdinal") // the places of an array, nowhere else seen
  private static int place(Called called) {
    return called.ordinal();
  }

  /** Calls a member. False when the vendor module does not fill it: then nothing happens. */
  boolean call(Called called) {
    if (!vendor().filled().contains(called)) {
      return false;
    }
    calls[place(called)]++;
    return true;
  }

  /**
   * host.x86_ops.
   *
   * @throws Refused on hosts of other architectures
   */
  public HostX86OpsResponse list() {
    if (configuration.arch() != Arch.X86_64) {
      throw Refused.invalid("host", configuration.arch().label() + " has no kvm_x86_ops");
    }
    boolean series = configuration.kvmSeries("conforming-ops-v3");
    String prefix = svm() ? "svm_" : "vmx_";
    HostX86OpsResponse.Builder out =
        HostX86OpsResponse.newBuilder().setVendor(svm() ? "svm" : "vmx").setSeries(series);
    for (X86Member member : vendor().members()) {
      X86Op.Builder op =
          X86Op.newBuilder()
              .setTable(member.nested() ? "kvm_x86_nested_ops" : "kvm_x86_ops")
              .setOldMember(member.oldName())
              .setNewMember(member.newName())
              .setOldFunction(member.oldFunction())
              .setNewFunction(member.newFunction())
              .setConforms(member.conforms(series, prefix))
              .setOutside(member.outside());
      for (Called called : Called.values()) {
        if (called.names(member)) {
          op.setDispatched(member.filled()).setCalls(calls[place(called)]);
        }
      }
      out.addOps(op);
    }
    return out.build();
  }

  @Override
  public void writeState(StateWriter out) {
    for (Called called : Called.values()) {
      out.number(called.member, calls[place(called)]);
    }
  }
}
