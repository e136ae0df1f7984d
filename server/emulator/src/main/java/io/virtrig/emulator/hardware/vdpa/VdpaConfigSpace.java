package io.virtrig.emulator.hardware.vdpa;

import static io.virtrig.uapi.Virtio.VIRTIO_NET_S_LINK_UP;

import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A device's configuration space (struct virtio_net_config, struct virtio_blk_config). What is
 * written to the simulator's network device stays, but for the link; a block device and hardware
 * take writes and read as before.
 */
public final class VdpaConfigSpace implements Stateful {
  private static final int NET_STATUS = 6;
  private static final int NET_MTU = 10;
  private static final int USUAL_MTU = 1500;

  private static final int BLK_SIZE_MAX = 8;
  private static final int BLK_SEG_MAX = 12;
  private static final int BLK_BLK_SIZE = 20;
  private static final int BLK_MIN_IO_SIZE = 26;
  private static final int BLK_OPT_IO_SIZE = 28;
  private static final int BLK_NUM_QUEUES = 34;
  private static final int BLK_MAX_DISCARD_SECTORS = 36;
  private static final int BLK_MAX_DISCARD_SEG = 40;
  private static final int BLK_DISCARD_ALIGNMENT = 44;
  private static final int BLK_MAX_WRITE_ZEROES_SECTORS = 48;
  private static final int BLK_MAX_WRITE_ZEROES_SEG = 52;
  private static final int SECTOR = 512;

  private final boolean keepsWrites;
  private final byte[] bytes;

  VdpaConfigSpace(VdpaModel model, long sectors, int number) {
    bytes = new byte[model.configSize()];
    keepsWrites = model.net() && !model.strict();
    ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (model.net()) {
      fields.putShort(NET_STATUS, (short) VIRTIO_NET_S_LINK_UP);
      fields.putShort(NET_MTU, (short) USUAL_MTU);
      if (model.strict()) {
        fields.put(new byte[] {0x52, 0x54, 0, 0, (byte) (number >>> 8), (byte) (number + 1)});
      }
      return;
    }
    fields.putLong(0, sectors);
    fields.putInt(BLK_SIZE_MAX, 0x1000);
    fields.putInt(BLK_SEG_MAX, 32);
    fields.putInt(BLK_BLK_SIZE, SECTOR);
    fields.putShort(BLK_MIN_IO_SIZE, (short) 1);
    fields.putInt(BLK_OPT_IO_SIZE, 1);
    fields.putShort(BLK_NUM_QUEUES, (short) 1);
    fields.putInt(BLK_MAX_DISCARD_SECTORS, -1);
    fields.putInt(BLK_MAX_DISCARD_SEG, 1);
    fields.putInt(BLK_DISCARD_ALIGNMENT, SECTOR);
    fields.putInt(BLK_MAX_WRITE_ZEROES_SECTORS, -1);
    fields.putInt(BLK_MAX_WRITE_ZEROES_SEG, 1);
  }

  /** get_config_size. */
  public int size() {
    return bytes.length;
  }

  /** get_config. */
  public byte[] read(int offset, int length) {
    if (keepsWrites) {
      bytes[NET_STATUS] = VIRTIO_NET_S_LINK_UP;
      bytes[NET_STATUS + 1] = 0;
    }
    return Arrays.copyOfRange(bytes, offset, offset + length);
  }

  /** set_config. */
  public void write(int offset, byte[] from) {
    if (keepsWrites) {
      System.arraycopy(from, 0, bytes, offset, from.length);
    }
  }

  byte at(int offset) {
    return bytes[offset];
  }

  void put(int offset, byte value) {
    bytes[offset] = value;
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("bytes", StateHash.ofBytes(bytes));
  }
}
