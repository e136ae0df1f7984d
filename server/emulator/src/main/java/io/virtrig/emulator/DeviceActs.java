package io.virtrig.emulator;

import static io.virtrig.uapi.Vfio.VFIO_PCI_ERR_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.VFIO_PCI_INTX_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.VFIO_PCI_MSIX_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.VFIO_PCI_MSI_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.VFIO_PCI_NUM_IRQS;
import static io.virtrig.uapi.Vfio.VFIO_PCI_REQ_IRQ_INDEX;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.hardware.css.Subchannel;
import io.virtrig.emulator.hardware.css.SubchannelDriver;
import io.virtrig.emulator.hardware.css.SubchannelFault;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.PageResponse;
import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.hardware.pci.DmaAttributes;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.hardware.vdpa.VdpaDevice;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.v1.DmaFault;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.HostCcwRequest;
import io.virtrig.v1.HostCcwResponse;
import io.virtrig.v1.HwCompleteRequest;
import io.virtrig.v1.HwCompleteResponse;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.HwDmaReadResponse;
import io.virtrig.v1.HwDmaWriteRequest;
import io.virtrig.v1.HwDmaWriteResponse;
import io.virtrig.v1.HwFailRequest;
import io.virtrig.v1.HwFailResponse;
import io.virtrig.v1.HwLowerIrqRequest;
import io.virtrig.v1.HwLowerIrqResponse;
import io.virtrig.v1.HwPageRequestRequest;
import io.virtrig.v1.HwPageRequestResponse;
import io.virtrig.v1.HwPathRequest;
import io.virtrig.v1.HwPathResponse;
import io.virtrig.v1.HwRaiseIrqRequest;
import io.virtrig.v1.HwRaiseIrqResponse;
import io.virtrig.v1.HwUnsolicitedRequest;
import io.virtrig.v1.HwUnsolicitedResponse;
import io.virtrig.v1.Result;
import io.virtrig.wire.Results;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What devices do on their own: DMA, interrupts, and faults that are armed. */
final class DeviceActs {
  private static final Result RAISED = Results.of(HwRaiseIrqResponse.getDefaultInstance());

  /** How often one operation raises an interrupt: a limit of the simulator. */
  private static final int MOST_TIMES = 1 << 16;

  /** Indexes of a vDPA device's interrupts. */
  private static final int VDPA_QUEUE = 0;

  private static final int VDPA_CONFIG = 1;
  private static final int PASID_BITS = 20;

  private static final String CONNECT = "irqbypass-connect";
  private static final List<String> FAULTS_OF_OTHERS = List.of("vector_alloc", "vcpu_affinity");

  private final Kernel kernel;

  DeviceActs(Kernel kernel) {
    this.kernel = kernel;
  }

  PciFunction function(String device) {
    for (PciFunction function : kernel.machine().functions()) {
      if (function.name().equals(device)
          || function.configuration().bdf().toString().equals(device)) {
        return function;
      }
    }
    throw Refused.notFound("device", "there is no device \"" + device + "\"");
  }

  /** hw.dma_read. */
  Result dmaRead(HwDmaReadRequest arg) {
    Requester requester = requester(arg.getDevice(), arg.hasPasid());
    byte[] bytes = new byte[Task.moveable("length", arg.getLength())];
    DmaAttributes attributes =
        requester.attributes(arg.getPasid(), arg.getPrivileged(), arg.getAts());
    DmaFault fault =
        requester.isSilent()
            ? silent(arg.getIova(), false)
            : requester.function().read(arg.getIova(), bytes, attributes);
    if (fault != null) {
      throw faulted(arg.getDevice(), fault, HwDmaReadResponse.newBuilder().setFault(fault).build());
    }
    return Results.of(HwDmaReadResponse.newBuilder().setBytes(ByteString.copyFrom(bytes)));
  }

  /** hw.dma_write. */
  Result dmaWrite(HwDmaWriteRequest arg) {
    Requester requester = requester(arg.getDevice(), arg.hasPasid());
    Task.moveable("bytes", arg.getBytes().size());
    DmaAttributes attributes =
        requester.attributes(arg.getPasid(), arg.getPrivileged(), arg.getAts());
    DmaFault fault =
        requester.isSilent()
            ? silent(arg.getIova(), true)
            : requester.function().write(arg.getIova(), arg.getBytes().toByteArray(), attributes);
    if (fault != null) {
      throw faulted(
          arg.getDevice(), fault, HwDmaWriteResponse.newBuilder().setFault(fault).build());
    }
    return Results.of(HwDmaWriteResponse.getDefaultInstance());
  }

  /**
   * Who makes a request.
   *
   * @param function the function whose request it is
   * @param part the part of it that makes it without naming a PASID, if one does
   * @param hasPasid the act names a PASID
   */
  private record Requester(
      PciFunction function, @Nullable AssignableInterface part, boolean hasPasid) {

    boolean isSilent() {
      return part != null && !hasPasid && part.pasid() == AssignableInterface.NOWHERE;
    }

    DmaAttributes attributes(int pasid, boolean privileged, boolean ats) {
      if (hasPasid && pasid >>> PASID_BITS != 0) {
        throw Refused.invalid(
            "pasid", Integer.toUnsignedString(pasid) + " is not below 2^" + PASID_BITS);
      }
      int own = part == null ? DmaRequest.NO_PASID : part.pasid();
      return new DmaAttributes(hasPasid ? pasid : own, privileged, ats);
    }
  }

  /** A part whose driver has programmed no PASID sends nothing. */
  private static DmaFault silent(long iova, boolean write) {
    return DmaFault.newBuilder()
        .setReason("no_pasid_programmed")
        .setAddress(iova)
        .setWrite(write)
        .build();
  }

  /** A function, or a part of one: its requests are the function's, with a PASID of their own. */
  private Requester requester(String device, boolean hasPasid) {
    for (AssignableInterface part : kernel.machine().interfaces()) {
      if (part.name().equals(device)) {
        if (!hasPasid && !kernel.iommu().backs(part)) {
          throw Refused.unimplemented(
              "device", "the driver of a mediated device, which does its DMA, is not simulated");
        }
        return new Requester(part.parent(), part, hasPasid);
      }
    }
    return new Requester(function(device), null, hasPasid);
  }

  /** hw.page_request. The device is told what became of it: EFAULT when the page will not be. */
  Result pageRequest(HwPageRequestRequest arg) {
    Requester requester = requester(arg.getDevice(), arg.hasPasid());
    DmaAttributes attributes = requester.attributes(arg.getPasid(), arg.getPrivileged(), false);
    PageResponse response =
        requester.function().requestPage(arg.getIova(), arg.getWrite(), attributes);
    HwPageRequestResponse out = HwPageRequestResponse.newBuilder().setCode(response.code()).build();
    if (response != PageResponse.SUCCESS) {
      throw new KernelError(
          Errno.EFAULT,
          "the page request at 0x"
              + Long.toHexString(arg.getIova())
              + " was answered "
              + response.name(),
          out);
    }
    return Results.of(out);
  }

  private KernelError faulted(String device, DmaFault fault, Message written) {
    String detail =
        (fault.getWrite() ? "write" : "read")
            + " at 0x"
            + Long.toHexString(fault.getAddress())
            + ": "
            + fault.getReason();
    kernel.events().record(EventKind.EVENT_KIND_DMA_FAULT, device, detail);
    return new KernelError(Errno.EFAULT, "the device's " + detail, written);
  }

  private @Nullable VdpaDevice vdpa(String name) {
    for (VdpaDevice device : kernel.machine().vdpaDevices()) {
      if (device.name().equals(name)) {
        return device;
      }
    }
    return null;
  }

  private @Nullable Subchannel subchannel(String name) {
    for (Subchannel subchannel : kernel.machine().subchannels()) {
      if (subchannel.name().equals(name)) {
        return subchannel;
      }
    }
    return null;
  }

  private Subchannel channelDevice(String name) {
    Subchannel subchannel = subchannel(name);
    if (subchannel == null) {
      throw Refused.notFound("device", "there is no channel device \"" + name + "\"");
    }
    return subchannel;
  }

  /** hw.complete. */
  Result complete(HwCompleteRequest arg) {
    Subchannel subchannel = channelDevice(arg.getDevice());
    subchannel.complete(
        arg.hasDstat() ? arg.getDstat() & 0xff : Subchannel.DSTAT_ENDED,
        arg.getCstat() & 0xff,
        arg.getCount() & 0xffff,
        arg.hasCcw() ? arg.getCcw() : -1,
        !arg.hasFinal() || arg.getFinal());
    subchannel.present();
    return Results.of(HwCompleteResponse.getDefaultInstance());
  }

  /** hw.unsolicited. */
  Result unsolicited(HwUnsolicitedRequest arg) {
    Subchannel subchannel = channelDevice(arg.getDevice());
    subchannel.unsolicited();
    subchannel.present();
    return Results.of(HwUnsolicitedResponse.getDefaultInstance());
  }

  /** hw.path. */
  Result path(HwPathRequest arg) {
    for (SubchannelDriver.PathEvent event : SubchannelDriver.PathEvent.values()) {
      if (event.label().equals(arg.getEvent())) {
        channelDevice(arg.getDevice()).path(arg.getChpid(), event);
        return Results.of(HwPathResponse.getDefaultInstance());
      }
    }
    throw Refused.invalid("event", "\"" + arg.getEvent() + "\" happens to no path");
  }

  /** host.ccw. */
  Result ccw(HostCcwRequest arg) {
    Subchannel subchannel = channelDevice(arg.getDevice());
    SubchannelDriver driver = subchannel.driver();
    return Results.of(
        HostCcwResponse.newBuilder()
            .setState(driver == null ? "NOT_OPER" : driver.state())
            .setXsch(subchannel.xschIssued())
            .setHsch(subchannel.hschIssued())
            .setCsch(subchannel.cschIssued())
            .setMsch(subchannel.mschIssued())
            .setTimeouts(driver == null ? 0 : driver.timeouts())
            .setEnabled(subchannel.enabled()));
  }

  /** hw.raise_irq. */
  Result raiseIrq(HwRaiseIrqRequest arg) {
    int times = arg.hasTimes() ? arg.getTimes() : 1;
    if (Integer.compareUnsigned(times, MOST_TIMES) > 0) {
      throw Refused.exhausted("times", "an interrupt is raised at most " + MOST_TIMES + " times");
    }
    VdpaDevice vdpa = vdpa(arg.getDevice());
    if (vdpa != null) {
      raiseIrq(vdpa, arg.getIndex(), arg.getSubindex(), times);
      return RAISED;
    }
    PciFunction function = function(arg.getDevice());
    requireInterrupt(function, arg.getIndex(), arg.getSubindex());
    for (int i = 0; i < times; i++) {
      switch (arg.getIndex()) {
        case VFIO_PCI_INTX_IRQ_INDEX -> function.driveLine(true);
        case VFIO_PCI_MSI_IRQ_INDEX -> function.raiseMessage(false, arg.getSubindex());
        case VFIO_PCI_MSIX_IRQ_INDEX -> function.raiseMessage(true, arg.getSubindex());
        case VFIO_PCI_ERR_IRQ_INDEX -> function.reportError();
        default -> function.requestRemoval();
      }
    }
    return RAISED;
  }

  /** Of a virtqueue, index 0, or of the configuration; before DRIVER_OK there are none. */
  private static void raiseIrq(VdpaDevice device, int index, int queue, int times) {
    if (index != VDPA_QUEUE && index != VDPA_CONFIG) {
      throw Refused.invalid("index", "a vDPA device has index 0, a virtqueue, and 1, config");
    }
    if (index == VDPA_QUEUE && Integer.compareUnsigned(queue, device.queues()) >= 0) {
      throw Refused.invalid(
          "subindex",
          Integer.toUnsignedString(queue)
              + ": "
              + device.name()
              + " has "
              + device.queues()
              + " virtqueues");
    }
    for (int i = 0; i < times && device.started(); i++) {
      if (index == VDPA_QUEUE) {
        device.interrupts().queue(queue);
      } else {
        device.interrupts().config();
      }
    }
  }

  /** hw.lower_irq. */
  Result lowerIrq(HwLowerIrqRequest arg) {
    PciFunction function = function(arg.getDevice());
    if (arg.getIndex() != VFIO_PCI_INTX_IRQ_INDEX) {
      throw Refused.invalid("index", "only INTx, index 0, is a level that can be lowered");
    }
    requireInterrupt(function, arg.getIndex(), arg.getSubindex());
    function.driveLine(false);
    return Results.of(HwLowerIrqResponse.getDefaultInstance());
  }

  private static void requireInterrupt(PciFunction function, int index, int subindex) {
    int count =
        switch (index) {
          case VFIO_PCI_MSI_IRQ_INDEX -> function.vectors(false);
          case VFIO_PCI_MSIX_IRQ_INDEX -> function.vectors(true);
          case VFIO_PCI_INTX_IRQ_INDEX, VFIO_PCI_ERR_IRQ_INDEX, VFIO_PCI_REQ_IRQ_INDEX -> 1;
          default ->
              throw Refused.invalid(
                  "index", Integer.toUnsignedString(index) + " is not below " + VFIO_PCI_NUM_IRQS);
        };
    if (Integer.compareUnsigned(subindex, count) >= 0) {
      throw Refused.invalid(
          "subindex",
          Integer.toUnsignedString(subindex)
              + ": "
              + function.name()
              + " has "
              + count
              + " interrupts of index "
              + index);
    }
  }

  /** hw.fail. */
  Result fail(HwFailRequest arg) {
    VdpaDevice vdpa = vdpa(arg.getDevice());
    if (vdpa != null) {
      switch (arg.getKind()) {
        case CONNECT -> vdpa.interrupts().failConnects(arg.getCount());
        case "vector_alloc" -> vdpa.interrupts().failVectors(arg.getCount());
        case "vcpu_affinity" -> vdpa.interrupts().failAffinities(arg.getCount());
        default ->
            throw Refused.invalid("kind", "\"" + arg.getKind() + "\" is no fault of a vDPA device");
      }
      return Results.of(HwFailResponse.getDefaultInstance());
    }
    Subchannel subchannel = subchannel(arg.getDevice());
    if (subchannel != null) {
      SubchannelFault fault = SubchannelFault.of(arg.getKind());
      if (fault == null) {
        throw Refused.invalid("kind", "\"" + arg.getKind() + "\" is no fault of a channel device");
      }
      subchannel.fail(fault, arg.getCount());
      return Results.of(HwFailResponse.getDefaultInstance());
    }
    PciFunction function = function(arg.getDevice());
    if (FAULTS_OF_OTHERS.contains(arg.getKind())) {
      throw Refused.unimplemented("kind", arg.getKind() + " faults are not simulated yet");
    }
    if (!arg.getKind().equals(CONNECT)) {
      throw Refused.invalid("kind", "\"" + arg.getKind() + "\" is no fault of a PCI function");
    }
    function.failConnects(arg.getCount());
    return Results.of(HwFailResponse.getDefaultInstance());
  }
}
