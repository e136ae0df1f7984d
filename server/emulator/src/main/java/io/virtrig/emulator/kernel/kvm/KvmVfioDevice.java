package io.virtrig.emulator.kernel.kvm;

import static io.virtrig.uapi.Kvm.KVM_DEV_VFIO_GROUP;
import static io.virtrig.uapi.Kvm.KVM_DEV_VFIO_GROUP_ADD;
import static io.virtrig.uapi.Kvm.KVM_DEV_VFIO_GROUP_DEL;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.VfioGroupFile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.KvmHasDeviceAttrResponse;
import io.virtrig.v1.KvmSetDeviceAttrRequest;
import io.virtrig.v1.KvmSetDeviceAttrResponse;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.wire.Results;
import java.util.ArrayList;
import java.util.List;

/**
 * The kvm-vfio device of a VM and its file (virt/kvm/vfio.c of Linux 6.1): which VFIO groups the VM
 * has. It holds their files and the VM.
 */
final class KvmVfioDevice extends OpenFile {
  private final KvmVm vm;
  private final List<VfioGroupFile> groups = new ArrayList<>(1);

  KvmVfioDevice(Kernel kernel, KvmVm vm) {
    super(kernel.ids());
    this.vm = vm;
    vm.get();
  }

  @Override
  public Result ioctl(Task caller, Operation operation) {
    vm.checkCaller(caller);
    return switch (operation.getOpCase()) {
      case KVM_HAS_DEVICE_ATTR -> {
        checkAttr(
            operation.getKvmHasDeviceAttr().getGroup(), operation.getKvmHasDeviceAttr().getAttr());
        yield Results.of(KvmHasDeviceAttrResponse.getDefaultInstance());
      }
      case KVM_SET_DEVICE_ATTR -> {
        setAttr(caller, operation.getKvmSetDeviceAttr());
        yield Results.of(KvmSetDeviceAttrResponse.getDefaultInstance());
      }
      case GUEST_READ, GUEST_WRITE, GUEST_IRQS ->
          throw Refused.invalid("target_fd", "a KVM device's fd: the VM's is needed");
      default -> throw KernelError.notTty("a KVM device");
    };
  }

  private static void checkAttr(int group, long attr) {
    if (group != KVM_DEV_VFIO_GROUP
        || (attr != KVM_DEV_VFIO_GROUP_ADD && attr != KVM_DEV_VFIO_GROUP_DEL)) {
      throw new KernelError(
          Errno.ENXIO,
          "the VFIO device has no attribute "
              + Long.toUnsignedString(attr)
              + " in group "
              + Integer.toUnsignedString(group));
    }
  }

  private void setAttr(Task caller, KvmSetDeviceAttrRequest arg) {
    checkAttr(arg.getGroup(), arg.getAttr());
    OpenFile file = caller.files().file(arg.getFd());
    if (arg.getAttr() == KVM_DEV_VFIO_GROUP_ADD) {
      add(file, arg.getFd());
    } else {
      remove(file, arg.getFd());
    }
  }

  private void add(OpenFile file, int fd) {
    if (!(file instanceof VfioGroupFile group)) {
      throw KernelError.invalid("fd " + fd + " is no VFIO group");
    }
    if (groups.contains(group)) {
      throw new KernelError(Errno.EEXIST, "group " + group.group().number() + " is added already");
    }
    group.get();
    groups.add(group);
    vm.startAssignment();
  }

  private void remove(OpenFile file, int fd) {
    if (!(file instanceof VfioGroupFile group) || !groups.remove(group)) {
      throw new KernelError(Errno.ENOENT, "fd " + fd + " is no VFIO group that was added");
    }
    vm.endAssignment();
    group.put();
  }

  @Override
  protected void release() {
    for (VfioGroupFile group : groups) {
      vm.endAssignment();
      group.put();
    }
    groups.clear();
    vm.vfioDeviceClosed();
    vm.put();
  }

  @Override
  public void writeState(StateWriter out) {
    for (VfioGroupFile group : groups) {
      out.shared("group", group);
    }
    out.shared("vm", vm);
  }
}
