package io.virtrig.emulator.kernel.kvm;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Arrays;

/**
 * A bus of a VM (struct kvm_io_bus): devices by range of addresses.
 *
 * <p>The order in which ranges lie, and the search among them, are the kernel's: a range of length
 * 0 stands for its address alone, ranges may overlap, and the first device that takes an access has
 * it.
 */
final class KvmIoBus implements Stateful {
  /** NR_IOBUS_DEVS: devices other than ioeventfds that a bus may have. */
  private static final int MOST_DEVICES = 1000;

  private long[] addresses = new long[2];
  private int[] lengths = new int[2];
  private KvmIoDevice[] devices = new KvmIoDevice[2];
  private int count;
  private int ioeventfds;

  /** Puts a device on the bus (kvm_io_bus_register_dev). ENOSPC. */
  void register(long address, int length, KvmIoDevice device) {
    if (count - ioeventfds > MOST_DEVICES - 1) {
      throw new KernelError(Errno.ENOSPC, "the bus has " + MOST_DEVICES + " devices");
    }
    int at = 0;
    while (at < count && compare(addresses[at], lengths[at], address, length) <= 0) {
      at++;
    }
    if (count == devices.length) {
      addresses = Arrays.copyOf(addresses, 2 * count);
      lengths = Arrays.copyOf(lengths, 2 * count);
      devices = Arrays.copyOf(devices, 2 * count);
    }
    System.arraycopy(addresses, at, addresses, at + 1, count - at);
    System.arraycopy(lengths, at, lengths, at + 1, count - at);
    System.arraycopy(devices, at, devices, at + 1, count - at);
    addresses[at] = address;
    lengths[at] = length;
    devices[at] = device;
    count++;
    if (device instanceof KvmIoeventfd) {
      ioeventfds++;
    }
  }

  /** Takes a device off the bus; nothing happens when it is not there. */
  void unregister(KvmIoDevice device) {
    for (int at = 0; at < count; at++) {
      if (devices[at].equals(device)) {
        count--;
        System.arraycopy(addresses, at + 1, addresses, at, count - at);
        System.arraycopy(lengths, at + 1, lengths, at, count - at);
        System.arraycopy(devices, at + 1, devices, at, count - at);
        if (device instanceof KvmIoeventfd) {
          ioeventfds--;
        }
        return;
      }
    }
  }

  /** How a range lies to another one: 0 when it is inside (kvm_io_bus_cmp). */
  private static int compare(long address, int length, long otherAddress, int otherLength) {
    long end = address;
    long otherEnd = otherAddress;
    if (Long.compareUnsigned(end, otherEnd) < 0) {
      return -1;
    }
    if (otherLength != 0) {
      end += length;
      otherEnd += otherLength;
    }
    return Long.compareUnsigned(end, otherEnd) > 0 ? 1 : 0;
  }

  /** The first device whose range holds the access; -1 for none (kvm_io_bus_get_first_dev). */
  private int first(long address, int length) {
    int base = 0;
    int left = count;
    while (left > 0) {
      int pivot = base + (left >> 1);
      int result = compare(address, length, addresses[pivot], lengths[pivot]);
      if (result == 0) {
        while (pivot > 0
            && compare(address, length, addresses[pivot - 1], lengths[pivot - 1]) == 0) {
          pivot--;
        }
        return pivot;
      }
      if (result > 0) {
        base = pivot + 1;
        left--;
      }
      left >>= 1;
    }
    return -1;
  }

  /** Offers a write to the devices; false when none takes it. */
  boolean write(long address, int length, long value) {
    int at = first(address, length);
    while (at >= 0 && at < count && compare(address, length, addresses[at], lengths[at]) == 0) {
      if (devices[at].write(address, length, value)) {
        return true;
      }
      at++;
    }
    return false;
  }

  /** Offers a read to the devices; false when none answers. */
  boolean read(long address, int length, byte[] to, int into) {
    int at = first(address, length);
    while (at >= 0 && at < count && compare(address, length, addresses[at], lengths[at]) == 0) {
      if (devices[at].read(address, length, to, into)) {
        return true;
      }
      at++;
    }
    return false;
  }

  /** The order of the ranges; the devices are written by those who have them. */
  @Override
  public void writeState(StateWriter out) {
    for (int at = 0; at < count; at++) {
      out.hex("address", addresses[at]);
      out.number("length", lengths[at]);
    }
  }
}
