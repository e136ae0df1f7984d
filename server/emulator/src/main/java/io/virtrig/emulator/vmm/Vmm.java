package io.virtrig.emulator.vmm;

import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.GuestVectorWriteRequest;
import io.virtrig.v1.VmmCall;
import io.virtrig.v1.VmmDevice;
import java.util.List;

/** A running VMM with its virtual machine. */
public interface Vmm extends Stateful {
  /** The fd of its VM. */
  int vmFd();

  /** Plugs a device in. */
  void deviceAdd(VmmDevice device);

  /** Takes a device out. */
  void deviceDel(String device);

  /** The guest reads a register of the virtual IOMMU. */
  long mmioRead(long offset, int size);

  /** The guest writes a register of the virtual IOMMU. */
  void mmioWrite(long offset, int size, long value);

  /** The machine is reset. */
  void reset();

  /** The guest powers off. */
  void stop();

  /** Eventfds that the VMM holds. */
  int openEventfds();

  /** The guest reads a device's configuration space. */
  int configRead(String device, ConfigAccess access);

  /** The guest writes a device's configuration space. */
  void configWrite(String device, ConfigAccess access, int value);

  /** The guest writes a capability's control word. */
  void controlWrite(GuestConfigWriteRequest arg);

  /** The guest writes a vector's message and mask. */
  void vectorWrite(GuestVectorWriteRequest arg);

  /** The calls made since it was last asked. */
  List<VmmCall> takeCalls();
}
