package io.virtrig.emulator.vmm;

import static io.virtrig.uapi.Kvm.KVM_IRQFD_FLAG_DEASSIGN;
import static io.virtrig.uapi.Kvm.KVM_IRQFD_FLAG_RESAMPLE;
import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.KvmIrqfdRequest;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceGetIrqInfoResponse;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VmmCall;
import java.util.TreeMap;

/** What one device's interrupts make a VMM ask of the kernel, each eventfd with its role. */
public final class InterruptCalls implements Stateful {
  /** No eventfd. */
  public static final int NONE = -1;

  private final Program program;
  private final VirtualMachine vm;
  private final VfioDevice device;
  private final CallRecord calls;
  private final TreeMap<Integer, String> roles = new TreeMap<>();

  /** Of a device of a VM; the calls are added to a record. */
  public InterruptCalls(Program program, VirtualMachine vm, VfioDevice device, CallRecord calls) {
    this.program = program;
    this.vm = vm;
    this.device = device;
    this.calls = calls;
  }

  /** Eventfds that are open. */
  public int open() {
    return roles.size();
  }

  private String role(int fd) {
    return fd == NONE ? "-1" : roles.getOrDefault(fd, Integer.toString(fd));
  }

  /** VFIO_DEVICE_GET_IRQ_INFO. */
  public VfioDeviceGetIrqInfoResponse info(int index) {
    calls.add(VmmCall.newBuilder().setCall("VFIO_DEVICE_GET_IRQ_INFO").setIndex(index));
    return device.irqInfo(index);
  }

  /** eventfd2(2). */
  public int eventfd(String role) {
    calls.add(VmmCall.newBuilder().setCall("eventfd").setRole(role));
    int fd = program.eventfd();
    roles.put(fd, role);
    return fd;
  }

  /** eventfd2(2); {@link #NONE} when it fails. */
  public int tryEventfd(String role) {
    try {
      return eventfd(role);
    } catch (KernelError _) {
      return NONE;
    }
  }

  /** close(2) of one. */
  public void close(int fd) {
    calls.add(VmmCall.newBuilder().setCall("close").setRole(role(fd)));
    roles.remove(fd);
    program.close(fd);
  }

  /** An irqfd; with one to be told of the guest's EOI, unless that is -1. */
  public Result assign(int fd, int gsi, int resample) {
    KvmIrqfdRequest.Builder request = KvmIrqfdRequest.newBuilder().setFd(fd).setGsi(gsi);
    if (resample != NONE) {
      request.setFlags(KVM_IRQFD_FLAG_RESAMPLE).setResamplefd(resample);
    }
    return irqfd(request, resample == NONE ? "" : role(resample));
  }

  /** Takes an irqfd away. */
  public void deassign(int fd, int gsi) {
    var _ =
        irqfd(
            KvmIrqfdRequest.newBuilder().setFd(fd).setGsi(gsi).setFlags(KVM_IRQFD_FLAG_DEASSIGN),
            "");
  }

  private Result irqfd(KvmIrqfdRequest.Builder request, String resample) {
    Result result = vm.irqfd(request);
    calls.add(
        VmmCall.newBuilder()
            .setCall("KVM_IRQFD")
            .setFlags(request.getFlags())
            .setGsi(request.getGsi())
            .setFd(role(request.getFd()))
            .setResamplefd(resample)
            .setErrno(result.getErrno().getName()));
    return result;
  }

  /** Eventfds for interrupts from {@code start} on. */
  public Result eventfds(int action, int index, int start, int... fds) {
    VfioDeviceSetIrqsRequest.Builder request =
        VfioDeviceSetIrqsRequest.newBuilder()
            .setFlags(VFIO_IRQ_SET_DATA_EVENTFD | action)
            .setIndex(index)
            .setStart(start)
            .setCount(fds.length);
    for (int fd : fds) {
      request.addData(fd);
    }
    return set(request);
  }

  /** Takes the interrupts of an index down. */
  public Result disable(int index) {
    return set(
        VfioDeviceSetIrqsRequest.newBuilder()
            .setFlags(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)
            .setIndex(index));
  }

  /** Masks the first interrupt of an index, or lets it come. */
  public void mask(int index, boolean masked) {
    var _ =
        set(
            VfioDeviceSetIrqsRequest.newBuilder()
                .setFlags(
                    VFIO_IRQ_SET_DATA_NONE
                        | (masked ? VFIO_IRQ_SET_ACTION_MASK : VFIO_IRQ_SET_ACTION_UNMASK))
                .setIndex(index)
                .setCount(1));
  }

  private Result set(VfioDeviceSetIrqsRequest.Builder request) {
    Result result = device.setIrqs(request);
    VmmCall.Builder call =
        VmmCall.newBuilder()
            .setCall("VFIO_DEVICE_SET_IRQS")
            .setFlags(request.getFlags())
            .setIndex(request.getIndex())
            .setStart(request.getStart())
            .setCount(request.getCount())
            .setErrno(result.getErrno().getName());
    request.getDataList().forEach(fd -> call.addFds(role(fd.intValue())));
    calls.add(call);
    return result;
  }

  /** The process gives its eventfds up with the device. */
  public void closeAll() {
    for (int fd : roles.keySet().toArray(Integer[]::new)) {
      close(fd);
    }
  }

  @Override
  public void writeState(StateWriter out) {
    roles.forEach((fd, role) -> out.text("fd_" + fd, role));
  }
}
