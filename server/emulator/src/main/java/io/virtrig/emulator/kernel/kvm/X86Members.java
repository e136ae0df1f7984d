package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.spec.CpuVendor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The members of the vendor modules' tables in Linux 5.8 (struct kvm_x86_ops, struct
 * kvm_x86_nested_ops), with the names before and since the series "KVM: x86: Fill in conforming
 * {vmx|svm}_x86_ops and {vmx|svm}_nested_ops via macros", v3. In a name, {@code °} marks what only
 * SVM fills and {@code *} what only VMX does.
 */
final class X86Members {
  private static final String MEMBERS =
      """
      hardware_teardown hardware_enable hardware_disable cpu_has_accelerated_tpr has_emulated_msr
      cpuid_update vm_size vm_init vm_destroy° vcpu_create vcpu_free vcpu_reset vcpu_load vcpu_put
      vcpu_blocking° vcpu_unblocking° vcpu_run prepare_guest_switch update_bp_intercept
      get_msr_feature get_msr set_msr get_segment_base get_segment set_segment get_cpl
      get_cs_db_l_bits set_cr0 set_cr4 set_efer get_idt set_idt get_gdt set_gdt set_dr7
      sync_dirty_debug_regs cache_reg get_rflags set_rflags tlb_flush_all tlb_flush_current
      tlb_flush_gva tlb_flush_guest handle_exit skip_emulated_instruction
      update_emulated_instruction* set_interrupt_shadow get_interrupt_shadow patch_hypercall
      inject_irq inject_nmi queue_exception cancel_injection interrupt_allowed nmi_allowed
      get_nmi_mask set_nmi_mask enable_nmi_window enable_irq_window enable_smi_window
      update_cr8_intercept set_virtual_apic_mode set_apic_access_page_addr*
      refresh_apicv_exec_ctrl check_apicv_inhibit_reasons pre_update_apicv_exec_ctrl°
      load_eoi_exitmap hwapic_irr_update hwapic_isr_update guest_apic_has_interrupt*
      sync_pir_to_irr deliver_posted_interrupt dy_apicv_has_pending_interrupt
      apicv_post_state_restore set_tss_addr set_identity_map_addr get_tdp_level get_mt_mask
      get_exit_info has_wbinvd_exit write_l1_tsc_offset load_mmu_pgd check_intercept
      handle_exit_irqoff request_immediate_exit sched_in slot_enable_log_dirty*
      slot_disable_log_dirty* flush_log_dirty* enable_log_dirty_pt_masked* write_log_dirty*
      pre_block* post_block* pmu_ops nested_ops update_pi_irte set_hv_timer* cancel_hv_timer*
      setup_mce smi_allowed pre_enter_smm pre_leave_smm mem_enc_op° mem_enc_register_region°
      mem_enc_unregister_region° need_emulation_on_page_fault apic_init_signal_blocked
      migrate_timers*
      """;

  private static final String NESTED =
      """
      check_events get_state set_state get_vmcs12_pages* hv_timer_pending* enable_evmcs*
      get_evmcs_version*
      """;

  /** Members that had another name. */
  private static final Map<String, String> RENAMED =
      Map.of(
          "hardware_teardown", "hardware_unsetup",
          "vcpu_run", "run",
          "inject_irq", "set_irq",
          "inject_nmi", "set_nmi",
          "mem_enc_register_region", "mem_enc_reg_region",
          "mem_enc_unregister_region", "mem_enc_unreg_region");

  /** Functions of SVM that had names of their own. */
  private static final Map<String, String> SVM_BEFORE =
      Map.ofEntries(
          Map.entry("vcpu_create", "svm_create_vcpu"),
          Map.entry("vcpu_free", "svm_free_vcpu"),
          Map.entry("update_bp_intercept", "update_bp_intercept"),
          Map.entry("tlb_flush_all", "svm_flush_tlb"),
          Map.entry("tlb_flush_current", "svm_flush_tlb"),
          Map.entry("tlb_flush_guest", "svm_flush_tlb"),
          Map.entry("tlb_flush_gva", "svm_flush_tlb_gva"),
          Map.entry("handle_exit", "handle_exit"),
          Map.entry("skip_emulated_instruction", "skip_emulated_instruction"),
          Map.entry("inject_irq", "svm_set_irq"),
          Map.entry("enable_nmi_window", "enable_nmi_window"),
          Map.entry("enable_irq_window", "enable_irq_window"),
          Map.entry("enable_smi_window", "enable_smi_window"),
          Map.entry("update_cr8_intercept", "update_cr8_intercept"),
          Map.entry("apicv_post_state_restore", "avic_post_state_restore"),
          Map.entry("get_tdp_level", "get_npt_level"),
          Map.entry("mem_enc_register_region", "svm_register_enc_region"),
          Map.entry("mem_enc_unregister_region", "svm_unregister_enc_region"),
          Map.entry("check_events", "svm_check_nested_events"),
          Map.entry("get_state", "svm_get_nested_state"),
          Map.entry("set_state", "svm_set_nested_state"));

  /** Likewise of VMX. */
  private static final Map<String, String> VMX_BEFORE =
      Map.ofEntries(
          Map.entry("hardware_teardown", "hardware_unsetup"),
          Map.entry("hardware_enable", "hardware_enable"),
          Map.entry("hardware_disable", "hardware_disable"),
          Map.entry("vcpu_create", "vmx_create_vcpu"),
          Map.entry("vcpu_free", "vmx_free_vcpu"),
          Map.entry("prepare_guest_switch", "vmx_prepare_switch_to_guest"),
          Map.entry("tlb_flush_all", "vmx_flush_tlb_all"),
          Map.entry("tlb_flush_current", "vmx_flush_tlb_current"),
          Map.entry("tlb_flush_guest", "vmx_flush_tlb_guest"),
          Map.entry("tlb_flush_gva", "vmx_flush_tlb_gva"),
          Map.entry("enable_nmi_window", "enable_nmi_window"),
          Map.entry("enable_irq_window", "enable_irq_window"),
          Map.entry("enable_smi_window", "enable_smi_window"),
          Map.entry("update_cr8_intercept", "update_cr8_intercept"),
          Map.entry("check_events", "vmx_check_nested_events"),
          Map.entry("get_state", "vmx_get_nested_state"),
          Map.entry("set_state", "vmx_set_nested_state"),
          Map.entry("get_vmcs12_pages", "nested_get_vmcs12_pages"));

  /** What SVM fills beside the macro, with the function since the series. */
  private static final Map<String, String> SVM_OUTSIDE =
      Map.ofEntries(
          Map.entry("vm_size", "sizeof(struct kvm_svm)"),
          Map.entry("get_cs_db_l_bits", "kvm_get_cs_db_l_bits"),
          Map.entry("tlb_flush_all", "svm_tlb_flush"),
          Map.entry("tlb_flush_current", "svm_tlb_flush"),
          Map.entry("tlb_flush_guest", "svm_tlb_flush"),
          Map.entry("sync_pir_to_irr", "kvm_lapic_find_highest_irr"),
          Map.entry("apicv_post_state_restore", "svm_avic_post_state_restore"),
          Map.entry("request_immediate_exit", "__kvm_request_immediate_exit"),
          Map.entry("pmu_ops", "amd_pmu_ops"),
          Map.entry("nested_ops", "svm_nested_ops"),
          Map.entry("deliver_posted_interrupt", "svm_deliver_avic_intr"));

  /** Likewise VMX. */
  private static final Map<String, String> VMX_OUTSIDE =
      Map.ofEntries(
          Map.entry("vm_size", "sizeof(struct kvm_vmx)"),
          Map.entry("cpu_has_accelerated_tpr", "report_flexpriority"),
          Map.entry("update_bp_intercept", "update_exception_bitmap"),
          Map.entry("has_wbinvd_exit", "cpu_has_vmx_wbinvd_exit"),
          Map.entry("write_log_dirty", "vmx_write_pml_buffer"),
          Map.entry("pmu_ops", "intel_pmu_ops"),
          Map.entry("nested_ops", "vmx_nested_ops"),
          Map.entry("hv_timer_pending", "nested_vmx_preemption_timer_pending"),
          Map.entry("enable_evmcs", "nested_enable_evmcs"),
          Map.entry("get_evmcs_version", "nested_get_evmcs_version"));

  private X86Members() {}

  /** All of a vendor, in the order of the tables. */
  static List<X86Member> of(CpuVendor vendor) {
    List<X86Member> members = new ArrayList<>();
    for (String name : MEMBERS.split("\\s+", -1)) {
      if (!name.isEmpty()) {
        members.add(member(false, name, vendor));
      }
    }
    for (String name : NESTED.split("\\s+", -1)) {
      if (!name.isEmpty()) {
        members.add(member(true, name, vendor));
      }
    }
    return List.copyOf(members);
  }

  private static X86Member member(boolean nested, String marked, CpuVendor vendor) {
    boolean svm = vendor == CpuVendor.AMD;
    String name = marked.replaceAll("[°*]", "");
    String oldName = RENAMED.getOrDefault(name, name);
    if (marked.endsWith(svm ? "*" : "°")) {
      return new X86Member(nested, oldName, name, "", "", false);
    }
    String usual = (nested ? "nested_" : "") + (svm ? "svm_" : "vmx_") + name;
    String outside = (svm ? SVM_OUTSIDE : VMX_OUTSIDE).get(name);
    String since = outside == null ? usual : outside;
    String before = (svm ? SVM_BEFORE : VMX_BEFORE).getOrDefault(name, since);
    return new X86Member(nested, oldName, name, before, since, outside != null);
  }
}
