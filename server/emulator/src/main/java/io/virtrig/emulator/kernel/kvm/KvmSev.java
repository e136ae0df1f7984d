package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.*;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.psp.SevFirmware;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.KvmSevData;

/**
 * The memory encryption of a VM (arch/x86/kvm/svm/sev.c, Linux 6.1; struct kvm_sev_info): the
 * commands that launch a guest and those that look at it. Sending, receiving and attesting are not
 * simulated.
 */
final class KvmSev implements Stateful {
  /** SEV_FW_BLOB_MAX_SIZE. */
  private static final int LARGEST_BLOB = 0x4000;

  /** Bytes that a debug command moves at once: a limit of the simulator. */
  private static final int MOST_DEBUGGED = Task.MOST_BYTES;

  private final Kernel kernel;
  private final KvmVm vm;
  private final SevFirmware firmware;
  private final KvmSevMemory memory = new KvmSevMemory();
  private boolean active;
  private boolean encryptedState;
  private int handle;
  private int fd;

  KvmSev(Kernel kernel, KvmVm vm) {
    this.kernel = kernel;
    this.vm = vm;
    firmware = kernel.machine().sev();
  }

  /** Whether the VM is a SEV guest; then APICv is inhibited. */
  boolean active() {
    return active;
  }

  private KernelSpec configured() {
    return kernel.configuration().spec().getKernel();
  }

  /** sev_mem_enc_ioctl: a command, which changes the fields of its struct that are written back. */
  void command(Task caller, SevCommand command) {
    if (!configured().getSev()) {
      throw new KernelError(Errno.ENOTTY, "SEV is off");
    }
    KvmSevData.Builder data = command.data();
    switch (command.id()) {
      case KVM_SEV_ES_INIT -> {
        if (!configured().getSevEs()) {
          throw new KernelError(Errno.ENOTTY, "SEV-ES is off");
        }
        init(true);
      }
      case KVM_SEV_INIT -> init(false);
      case KVM_SEV_LAUNCH_START -> launchStart(caller, command);
      case KVM_SEV_LAUNCH_UPDATE_DATA -> updateData(caller, command);
      case KVM_SEV_LAUNCH_MEASURE -> measure(caller, command);
      case KVM_SEV_LAUNCH_SECRET -> secret(caller, command);
      case KVM_SEV_LAUNCH_FINISH -> {
        requireGuest();
        requireSevFd(caller, fd);
        check(command, firmware.launchFinish(handle));
      }
      case KVM_SEV_GUEST_STATUS -> {
        requireGuest();
        requireSevFd(caller, fd);
        data.setHandle(handle).setPolicy(firmware.policy(handle)).setState(firmware.state(handle));
      }
      case KVM_SEV_DBG_DECRYPT, KVM_SEV_DBG_ENCRYPT -> debug(caller, command);
      case KVM_SEV_LAUNCH_UPDATE_VMSA -> {
        if (!encryptedState) {
          throw new KernelError(Errno.ENOTTY, "the VM is no SEV-ES guest");
        }
        throw notSimulated(command);
      }
      case KVM_SEV_RECEIVE_UPDATE_DATA -> {
        if (!active) {
          throw KernelError.invalid("the VM is no SEV guest");
        }
        throw notSimulated(command);
      }
      case KVM_SEV_SEND_START,
          KVM_SEV_SEND_UPDATE_DATA,
          KVM_SEV_SEND_FINISH,
          KVM_SEV_SEND_CANCEL,
          KVM_SEV_RECEIVE_START,
          KVM_SEV_RECEIVE_FINISH,
          KVM_SEV_GET_ATTESTATION_REPORT -> {
        requireGuest();
        throw notSimulated(command);
      }
      default ->
          throw KernelError.invalid(
              "there is no SEV command " + Integer.toUnsignedString(command.id()));
    }
  }

  private static Refused notSimulated(SevCommand command) {
    return Refused.unimplemented("id", "SEV command " + command.id() + " is not simulated");
  }

  private void requireGuest() {
    if (!active) {
      throw new KernelError(Errno.ENOTTY, "the VM is no SEV guest");
    }
  }

  /** sev_issue_cmd_external_user: a command goes through an open /dev/sev. */
  private static void requireSevFd(Task caller, int fd) {
    OpenFile file = caller.files().file(fd);
    if (!(file instanceof SevFile)) {
      throw new KernelError(Errno.EBADF, "fd " + fd + " is not /dev/sev");
    }
  }

  private void check(SevCommand command, int error) {
    command.error(error);
    if (error != SevFirmware.SUCCESS) {
      throw new KernelError(
          Errno.EIO,
          "the firmware's error is " + error + ": the guest is in state " + firmware.state(handle));
    }
  }

  /** sev_guest_init. */
  private void init(boolean es) {
    if (!vm.vcpus().isEmpty()) {
      throw KernelError.invalid("the VM has a vCPU already");
    }
    if (active) {
      throw new KernelError(Errno.EBUSY, "the VM is a SEV guest already");
    }
    if (!firmware.takeAsid()) {
      throw new KernelError(Errno.EBUSY, "no ASID is free");
    }
    active = true;
    encryptedState = es;
    report("init", es ? "a SEV-ES guest" : "a SEV guest");
  }

  /** psp_copy_user_blob. */
  private static byte[] blob(Task caller, String what, long addr, int length) {
    if (addr == 0 || length == 0 || Integer.compareUnsigned(length, LARGEST_BLOB) > 0) {
      throw KernelError.invalid(
          "the "
              + what
              + " of "
              + Integer.toUnsignedString(length)
              + " bytes is not from 1 to 0x4000");
    }
    byte[] bytes = new byte[length];
    caller.memory().read(addr, bytes);
    return bytes;
  }

  /** sev_launch_start. */
  private void launchStart(Task caller, SevCommand command) {
    requireGuest();
    KvmSevData.Builder data = command.data();
    if (data.getDhUaddr() != 0) {
      blob(caller, "certificate", data.getDhUaddr(), data.getDhLen());
    }
    if (data.getSessionUaddr() != 0) {
      blob(caller, "session", data.getSessionUaddr(), data.getSessionLen());
    }
    requireSevFd(caller, command.sevFd());
    if (data.getHandle() != 0 && !firmware.known(data.getHandle())) {
      check(command, SevFirmware.INVALID_GUEST);
    }
    if (handle != 0) {
      // The firmware makes a guest, whose ASID cannot be activated: the kernel decommissions it.
      check(command, SevFirmware.ASID_OWNED);
    }
    handle = firmware.launchStart(data.getPolicy());
    fd = command.sevFd();
    data.setHandle(handle);
    check(command, SevFirmware.SUCCESS);
    report("launch_start", "guest " + handle);
  }

  /** sev_launch_update_data, run of pages by run of pages. */
  private void updateData(Task caller, SevCommand command) {
    requireGuest();
    KvmSevData.Builder data = command.data();
    long addr = data.getUaddr();
    long left = Integer.toUnsignedLong(data.getLen());
    KvmSevMemory.Pinned pinned = memory.pin(caller, addr, left, true);
    try {
      requireSevFd(caller, fd);
      long offset = addr & 0xfff;
      for (var run : pinned.runs()) {
        long piece = Math.min(left, run.length() - offset);
        check(command, firmware.launchUpdateData(handle, run.address() + offset, (int) piece));
        left -= piece;
        offset = 0;
      }
    } finally {
      memory.unpin(pinned);
    }
  }

  /** sev_launch_measure. */
  private void measure(Task caller, SevCommand command) {
    requireGuest();
    KvmSevData.Builder data = command.data();
    int length = data.getLen();
    boolean writes = length != 0 && data.getUaddr() != 0;
    if (writes && Integer.compareUnsigned(length, LARGEST_BLOB) > 0) {
      throw KernelError.invalid(Integer.toUnsignedString(length) + " bytes are more than 0x4000");
    }
    byte[] blob = new byte[writes ? Math.max(length, SevFirmware.MEASUREMENT) : 0];
    requireSevFd(caller, fd);
    int error = firmware.launchMeasure(handle, writes ? length : 0, blob);
    if (length == 0) {
      data.setLen(error == SevFirmware.INVALID_LENGTH ? SevFirmware.MEASUREMENT : 0);
    }
    check(command, error);
    caller.memory().write(data.getUaddr(), java.util.Arrays.copyOf(blob, length));
    data.setLen(SevFirmware.MEASUREMENT);
  }

  /** sev_launch_secret. */
  private void secret(Task caller, SevCommand command) {
    requireGuest();
    KvmSevData.Builder data = command.data();
    long length = Integer.toUnsignedLong(data.getGuestLen());
    KvmSevMemory.Pinned pinned = memory.pin(caller, data.getGuestUaddr(), length, true);
    try {
      if (!pinned.contiguous()) {
        throw KernelError.invalid("the guest's pages are scattered in physical memory");
      }
      byte[] secret = blob(caller, "secret", data.getTransUaddr(), data.getTransLen());
      blob(caller, "header", data.getHdrUaddr(), data.getHdrLen());
      requireSevFd(caller, fd);
      check(command, firmware.launchSecret(handle));
      int moved = (int) Math.min(length, secret.length);
      caller.memory().write(data.getGuestUaddr(), java.util.Arrays.copyOf(secret, moved));
    } finally {
      memory.unpin(pinned);
    }
  }

  /** sev_dbg_crypt: as nothing is encrypted, a copy. */
  private void debug(Task caller, SevCommand command) {
    requireGuest();
    KvmSevData.Builder data = command.data();
    long length = Integer.toUnsignedLong(data.getLen());
    long from = data.getSrcUaddr();
    if (length == 0 || Long.compareUnsigned(from + length, from) < 0) {
      throw KernelError.invalid("the source is empty, or wraps");
    }
    if (data.getDstUaddr() == 0) {
      throw KernelError.invalid("the destination is null");
    }
    if (length > MOST_DEBUGGED) {
      throw Refused.exhausted("data.len", "at most " + MOST_DEBUGGED + " bytes at once");
    }
    KvmSevMemory.Pinned source = memory.pin(caller, from, length, false);
    try {
      KvmSevMemory.Pinned target = memory.pin(caller, data.getDstUaddr(), length, true);
      try {
        requireSevFd(caller, fd);
        check(command, firmware.debug(handle));
        byte[] bytes = new byte[(int) length];
        caller.memory().read(from, bytes);
        caller.memory().write(data.getDstUaddr(), bytes);
      } finally {
        memory.unpin(target);
      }
    } finally {
      memory.unpin(source);
    }
  }

  /** KVM_MEMORY_ENCRYPT_REG_REGION. */
  void register(Task caller, long addr, long size) {
    requireGuest();
    memory.register(caller, addr, size);
  }

  /** KVM_MEMORY_ENCRYPT_UNREG_REGION. */
  void unregister(long addr, long size) {
    requireGuest();
    memory.unregister(addr, size);
  }

  /** sev_vm_destroy. */
  void release() {
    memory.release();
    if (active) {
      firmware.decommission(handle);
      firmware.freeAsid();
      active = false;
    }
  }

  private void report(String variety, String detail) {
    kernel
        .events()
        .record(EventKind.EVENT_KIND_DEVICE, "sev_" + variety, () -> "sev", () -> detail);
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("active", active);
    out.flag("encrypted_state", encryptedState);
    out.number("handle", handle);
    out.number("fd", fd);
    out.child("memory", "", memory);
  }
}
