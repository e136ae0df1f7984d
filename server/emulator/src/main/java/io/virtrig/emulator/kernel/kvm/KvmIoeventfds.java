package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_IOEVENTFD_FLAG_DATAMATCH;
import static io.virtrig.uapi.Kvm.KVM_IOEVENTFD_FLAG_DEASSIGN;
import static io.virtrig.uapi.Kvm.KVM_IOEVENTFD_FLAG_PIO;
import static io.virtrig.uapi.Kvm.KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY;
import static io.virtrig.uapi.Kvm.KVM_IOEVENTFD_VALID_FLAG_MASK;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.kvm.KvmIoeventfd.Bus;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.KvmIoeventfdRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;

/** A VM's ioeventfds (virt/kvm/eventfd.c of Linux 6.1). */
final class KvmIoeventfds implements Stateful {
  private final KvmVm vm;

  /** By address, which those that may collide share. */
  private final LinkedHashMap<Long, List<KvmIoeventfd>> byAddress = new LinkedHashMap<>();

  KvmIoeventfds(KvmVm vm) {
    this.vm = vm;
  }

  /** KVM_IOEVENTFD. */
  void ioeventfd(Task caller, KvmIoeventfdRequest arg) {
    if ((arg.getFlags() & KVM_IOEVENTFD_FLAG_DEASSIGN) != 0) {
      deassign(caller, arg);
    } else {
      assign(caller, arg);
    }
  }

  private static KvmIoeventfd described(KvmIoeventfdRequest arg, EventFd eventfd) {
    return new KvmIoeventfd(
        eventfd,
        bus(arg.getFlags()),
        arg.getAddr(),
        arg.getLen(),
        (arg.getFlags() & KVM_IOEVENTFD_FLAG_DATAMATCH) == 0,
        arg.getDatamatch());
  }

  private static Bus bus(int flags) {
    if ((flags & KVM_IOEVENTFD_FLAG_PIO) != 0) {
      return Bus.PIO;
    }
    return (flags & KVM_IOEVENTFD_FLAG_VIRTIO_CCW_NOTIFY) != 0 ? Bus.VIRTIO_CCW_NOTIFY : Bus.MMIO;
  }

  private void assign(Task caller, KvmIoeventfdRequest arg) {
    int length = arg.getLen();
    switch (length) {
      case 0, 1, 2, 4, 8 -> {}
      default ->
          throw KernelError.invalid(
              "len " + Integer.toUnsignedString(length) + " is none of 0, 1, 2, 4, 8");
    }
    if (Long.compareUnsigned(arg.getAddr() + length, arg.getAddr()) < 0) {
      throw KernelError.invalid(
          "addr 0x" + Long.toHexString(arg.getAddr()) + " + len " + length + " wraps");
    }
    int unknown = arg.getFlags() & ~KVM_IOEVENTFD_VALID_FLAG_MASK;
    if (unknown != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(unknown));
    }
    if (length == 0 && (arg.getFlags() & KVM_IOEVENTFD_FLAG_DATAMATCH) != 0) {
      throw KernelError.invalid("len 0 matches any data: DATAMATCH makes no sense");
    }
    KvmIoeventfd added = described(arg, EventFdFile.context(caller, arg.getFd()));
    for (KvmIoeventfd there : at(added.address())) {
      if (there.collides(added)) {
        throw new KernelError(
            Errno.EEXIST,
            "an ioeventfd at 0x" + Long.toHexString(added.address()) + " takes the same writes");
      }
    }
    KvmIoBus bus = vm.bus(added.bus());
    bus.register(added.address(), length, added);
    byAddress.computeIfAbsent(added.address(), _ -> new ArrayList<>(1)).add(added);
  }

  private void deassign(Task caller, KvmIoeventfdRequest arg) {
    KvmIoeventfd wanted = described(arg, EventFdFile.context(caller, arg.getFd()));
    for (KvmIoeventfd there : at(wanted.address())) {
      if (there.bus() == wanted.bus()
          && there.eventfd().equals(wanted.eventfd())
          && there.length() == wanted.length()
          && there.wildcard() == wanted.wildcard()
          && (there.wildcard() || there.datamatch() == wanted.datamatch())) {
        vm.bus(there.bus()).unregister(there);
        at(there.address()).remove(there);
        if (at(there.address()).isEmpty()) {
          byAddress.remove(there.address());
        }
        return;
      }
    }
    throw new KernelError(
        Errno.ENOENT, "there is no such ioeventfd at 0x" + Long.toHexString(wanted.address()));
  }

  private List<KvmIoeventfd> at(long address) {
    List<KvmIoeventfd> there = byAddress.get(address);
    return there == null ? Collections.emptyList() : there;
  }

  @Override
  public void writeState(StateWriter out) {
    byAddress.forEach(
        (address, there) ->
            there.forEach(
                ioeventfd -> out.child("ioeventfd", "0x" + Long.toHexString(address), ioeventfd)));
  }
}
