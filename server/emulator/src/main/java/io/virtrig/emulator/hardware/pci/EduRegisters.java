package io.virtrig.emulator.hardware.pci;

import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import java.util.Arrays;

/**
 * The registers of QEMU's educational device: an identity, a liveness check, a factorial, an
 * interrupt that software raises, and a DMA engine with a buffer of a page. Commands are done
 * before the write that gives them returns. Below 0x80 only accesses of 4 bytes are known.
 */
final class EduRegisters implements BarRegisters {
  private static final int ID = 0x00;
  private static final int LIVENESS = 0x04;
  private static final int FACTORIAL = 0x08;
  private static final int STATUS = 0x20;
  private static final int STATUS_IRQ = 0x80;
  private static final int IRQ_STATUS = 0x24;
  private static final int IRQ_FACTORIAL = 0x1;
  private static final int IRQ_DMA = 0x100;
  private static final int IRQ_RAISE = 0x60;
  private static final int IRQ_ACKNOWLEDGE = 0x64;
  private static final int DMA_SOURCE = 0x80;
  private static final int DMA_DESTINATION = 0x88;
  private static final int DMA_COUNT = 0x90;
  private static final int DMA_COMMAND = 0x98;
  private static final int DMA_RUN = 0x1;
  private static final int DMA_TO_RAM = 0x2;
  private static final int DMA_IRQ = 0x4;
  private static final int DMA_END = 0xa0;

  /** Where the buffer is for the DMA engine, and its size in bytes. */
  private static final long BUFFER = 0x40000;

  private static final int BUFFER_SIZE = 4096;

  /** The engine drives 28 address bits. */
  private static final long DMA_MASK = (1L << 28) - 1;

  private static final int IDENTITY = 0x010000ed;

  private final PciFunction function;
  private final byte[] buffer = new byte[BUFFER_SIZE];
  private final ConfigSpace dma = new ConfigSpace(DMA_END - DMA_SOURCE);
  private int liveness;
  private int factorial;
  private int status;
  private int irqStatus;

  EduRegisters(PciFunction function) {
    this.function = function;
  }

  @Override
  public int read(int bar, long at, int size) {
    if (size != 4) {
      return 0;
    }
    if (at >= DMA_SOURCE && at < DMA_END) {
      return dma.dword((int) at - DMA_SOURCE);
    }
    return switch ((int) at) {
      case ID -> IDENTITY;
      case LIVENESS -> liveness;
      case FACTORIAL -> factorial;
      case STATUS -> status;
      case IRQ_STATUS -> irqStatus;
      default -> -1;
    };
  }

  @Override
  public void write(int bar, long at, int size, int value) {
    if (size != 4) {
      return;
    }
    if (at >= DMA_SOURCE && at < DMA_END) {
      dma.set((int) at - DMA_SOURCE, 4, value);
      if (at == DMA_COMMAND && (value & DMA_RUN) != 0) {
        run(value);
      }
      return;
    }
    switch ((int) at) {
      case LIVENESS -> liveness = ~value;
      case FACTORIAL -> {
        factorial = 1;
        // Every factorial from 34 on is a multiple of 2 to the 32.
        for (int i = Integer.compareUnsigned(value, 34) > 0 ? 34 : value; i > 0; i--) {
          factorial *= i;
        }
        if ((status & STATUS_IRQ) != 0) {
          raise(IRQ_FACTORIAL);
        }
      }
      case STATUS -> status = value & STATUS_IRQ;
      case IRQ_RAISE -> raise(value);
      case IRQ_ACKNOWLEDGE -> {
        irqStatus &= ~value;
        if (irqStatus == 0) {
          function.driveLine(false);
        }
      }
      default -> {}
    }
  }

  private void raise(int bits) {
    irqStatus |= bits;
    if (irqStatus == 0) {
      return;
    }
    if (function.messagesEnabled(false)) {
      function.raiseMessage(false, 0);
    } else {
      function.driveLine(true);
    }
  }

  private void run(int command) {
    boolean toRam = (command & DMA_TO_RAM) != 0;
    long source = Integer.toUnsignedLong(dma.dword(0));
    long destination = Integer.toUnsignedLong(dma.dword(DMA_DESTINATION - DMA_SOURCE));
    int count = dma.dword(DMA_COUNT - DMA_SOURCE);
    long at = (toRam ? source : destination) - BUFFER;
    if (count >= 0 && count <= BUFFER_SIZE && at >= 0 && at <= BUFFER_SIZE - count) {
      byte[] bytes = new byte[count];
      if (toRam) {
        System.arraycopy(buffer, (int) at, bytes, 0, count);
        function.write(destination & DMA_MASK, bytes, DmaAttributes.PLAIN);
      } else if (function.read(source & DMA_MASK, bytes, DmaAttributes.PLAIN) == null) {
        System.arraycopy(bytes, 0, buffer, (int) at, count);
      }
    }
    dma.set(DMA_COMMAND - DMA_SOURCE, 4, command & ~DMA_RUN);
    if ((command & DMA_IRQ) != 0) {
      raise(IRQ_DMA);
    }
  }

  @Override
  public void reset() {
    Arrays.fill(buffer, (byte) 0);
    dma.fill(0, dma.size(), 0);
    liveness = 0;
    factorial = 0;
    status = 0;
    irqStatus = 0;
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("liveness", liveness);
    out.hex("factorial", factorial);
    out.hex("status", status);
    out.hex("irq_status", irqStatus);
    out.hex("dma", dma.hash());
    out.hex("buffer", StateHash.ofBytes(buffer));
  }
}
