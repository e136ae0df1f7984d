package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.KernelError;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import java.util.function.IntUnaryOperator;

/**
 * The argument of VFIO_DEVICE_SET_IRQS after the checks that all indexes share
 * (vfio_set_irqs_validate_and_prepare).
 *
 * @param index VFIO_*_IRQ_INDEX
 * @param kind the one VFIO_IRQ_SET_DATA_* flag
 * @param action the VFIO_IRQ_SET_ACTION_* flags, maybe none or several
 * @param start the first interrupt; below the index's number of them
 * @param count how many interrupts
 * @param data a number for each of them; empty for DATA_NONE
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record IrqSet(int index, int kind, int action, int start, int count, int[] data) {
  /** sizeof(struct vfio_irq_set) without the data. */
  private static final int HEADER_SIZE = 20;

  private static final int EVENTFD_SIZE = 4;

  /**
   * Checks an argument.
   *
   * @param indexes how many indexes the device has
   * @param counts how many interrupts each index has
   */
  public static IrqSet of(VfioDeviceSetIrqsRequest arg, int indexes, IntUnaryOperator counts) {
    int flags = arg.getFlags();
    int index = arg.getIndex();
    long start = Integer.toUnsignedLong(arg.getStart());
    long count = Integer.toUnsignedLong(arg.getCount());
    int kind = flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
    int size =
        switch (kind) {
          case VFIO_IRQ_SET_DATA_BOOL -> 1;
          case VFIO_IRQ_SET_DATA_EVENTFD -> EVENTFD_SIZE;
          default -> 0;
        };
    int argsz = arg.hasArgsz() ? arg.getArgsz() : HEADER_SIZE + size * arg.getDataCount();
    Argsz.check(argsz, HEADER_SIZE);
    if (Integer.compareUnsigned(index, indexes) >= 0) {
      throw KernelError.invalid(
          "interrupt index " + Integer.toUnsignedString(index) + " is not below " + indexes);
    }
    if (count >= 0xffffffffL - start) {
      throw KernelError.invalid("start " + start + " + count " + count + " wraps");
    }
    int unknown = flags & ~(VFIO_IRQ_SET_DATA_TYPE_MASK | VFIO_IRQ_SET_ACTION_TYPE_MASK);
    if (unknown != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(unknown));
    }
    int most = counts.applyAsInt(index);
    if (start >= most || start + count > most) {
      throw KernelError.invalid(
          "start " + start + ", count " + count + ": index " + index + " has " + most);
    }
    if (Integer.bitCount(kind) != 1) {
      throw KernelError.invalid("exactly one of DATA_NONE, DATA_BOOL and DATA_EVENTFD must be set");
    }
    if (Integer.toUnsignedLong(argsz) - HEADER_SIZE < count * size) {
      throw KernelError.invalid(
          "argsz "
              + Integer.toUnsignedString(argsz)
              + " has no room for "
              + count
              + " times "
              + size
              + " bytes of data");
    }
    int entries = size == 0 ? 0 : (int) count;
    if (entries > arg.getDataCount()) {
      throw KernelError.fault("only " + arg.getDataCount() + " entries of data are there");
    }
    int[] data = new int[entries];
    for (int i = 0; i < entries; i++) {
      data[i] = (int) arg.getData(i);
    }
    return new IrqSet(
        index, kind, flags & VFIO_IRQ_SET_ACTION_TYPE_MASK, (int) start, (int) count, data);
  }

  /** For DATA_NONE and DATA_BOOL: whether the interrupt at a position is meant. */
  public boolean selects(int position) {
    return kind == VFIO_IRQ_SET_DATA_NONE || (data[position] & 0xff) != 0;
  }
}
