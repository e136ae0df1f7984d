package io.virtrig.emulator.vmm.vfio;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.ConfigAccess;
import io.virtrig.v1.VfioDeviceGetRegionInfoResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What QEMU itself keeps of a device's configuration space: BARs, MSI and MSI-X are its own, the
 * rest a guest reads from the device. Bits are emulated or not, and writable or not (PCIDevice's
 * config and wmask, VFIOPCIDevice's emulated_config_bits).
 */
final class ConfigSpace implements Stateful {
  static final int COMMAND = 0x04;
  static final int BARS = 0x10;
  static final int BAR_COUNT = 6;
  static final int INTERRUPT_PIN = 0x3d;
  static final int MSI_FLAGS = 2;
  static final int MSI_ENABLE = 1;
  static final int MSI_QUEUE_SIZE = 7 << 4;
  static final int MSIX_ENABLE = 1 << 15;
  static final int MSIX_MASK_ALL = 1 << 14;

  private static final int HEADER_TYPE = 0x0e;
  private static final int MULTIFUNCTION = 0x80;
  private static final int ROM = 0x30;
  private static final int CAPABILITY_LIST = 0x34;
  private static final int MOST_CAPABILITIES = 48;
  private static final int BUS_MASTER = 1 << 2;
  private static final int COMMAND_WRITABLE = 0x507;
  private static final int IO = 1;
  private static final int IO_FLAGS = 3;
  private static final int MEMORY_FLAGS = 0xf;
  private static final int MEMORY_64 = 4;
  private static final int MSI_64 = 1 << 7;
  private static final int MSI_MASKS = 1 << 8;
  private static final int MSIX_BYTES = 12;

  private final byte[] config;
  private final byte[] emulated;
  private final byte[] writable;

  /** A copy of the device's; BARs and the ROM come empty, the function stands alone. */
  ConfigSpace(ByteString physical) {
    config = physical.toByteArray();
    emulated = new byte[config.length];
    writable = new byte[config.length];
    for (int i = 0; i < BAR_COUNT; i++) {
      emulate(BARS + 4 * i, 4, 0, 0);
    }
    emulate(ROM, 4, 0, 0);
    emulated[HEADER_TYPE] = (byte) MULTIFUNCTION;
    config[HEADER_TYPE] = (byte) (config[HEADER_TYPE] & ~MULTIFUNCTION);
    words(writable).putShort(COMMAND, (short) COMMAND_WRITABLE);
  }

  private static ByteBuffer words(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void emulate(int at, int size, int value, int mask) {
    for (int i = 0; i < size; i++) {
      config[at + i] = (byte) (value >>> (Byte.SIZE * i));
      writable[at + i] = (byte) (mask >>> (Byte.SIZE * i));
      emulated[at + i] = -1;
    }
  }

  int size() {
    return config.length;
  }

  /** A BAR of the device's size, without an address. */
  void bar(int number, int physical, VfioDeviceGetRegionInfoResponse region) {
    boolean port = (physical & IO) != 0;
    int flags = physical & (port ? IO_FLAGS : MEMORY_FLAGS);
    long mask = -region.getSize();
    emulate(BARS + 4 * number, 4, flags, (int) mask);
    if (!port && (flags & MEMORY_64) != 0 && number + 1 < BAR_COUNT) {
      emulate(BARS + 4 * number + 4, 4, 0, (int) (mask >>> Integer.SIZE));
    }
  }

  /** Where a capability is; 0 when there is none of that id. */
  int find(int id) {
    int at = config[CAPABILITY_LIST] & 0xfc;
    for (int i = 0; i < MOST_CAPABILITIES && at != 0; i++) {
      if (config[at] == id) {
        return at;
      }
      at = config[at + 1] & 0xfc;
    }
    return 0;
  }

  /** MSI is QEMU's: msi_init. Nothing is enabled. */
  void emulateMsi(int at, int control) {
    boolean wide = (control & MSI_64) != 0;
    boolean masks = (control & MSI_MASKS) != 0;
    Arrays.fill(emulated, at, at + msiBytes(control), (byte) -1);
    words(config).putShort(at + MSI_FLAGS, (short) (control & (0xe | MSI_64 | MSI_MASKS)));
    words(writable).putShort(at + MSI_FLAGS, (short) (MSI_ENABLE | MSI_QUEUE_SIZE));
    words(writable).putInt(at + 4, 0xfffffffc);
    if (wide) {
      words(writable).putInt(at + 8, -1);
    }
    words(writable).putShort(at + (wide ? 12 : 8), (short) -1);
    if (masks) {
      int vectors = 1 << (control >>> 1 & 7);
      words(writable).putInt(at + (wide ? 16 : 12), -1 >>> (Integer.SIZE - vectors));
    }
  }

  /** How long an MSI capability is. */
  static int msiBytes(int control) {
    return 10 + ((control & MSI_MASKS) != 0 ? 10 : 0) + ((control & MSI_64) != 0 ? 4 : 0);
  }

  /** MSI-X is QEMU's: msix_init. */
  void emulateMsix(int at, int control) {
    Arrays.fill(emulated, at, at + MSIX_BYTES, (byte) -1);
    words(config).putShort(at + MSI_FLAGS, (short) (control & 0x7ff));
    words(writable).putShort(at + MSI_FLAGS, (short) (MSIX_ENABLE | MSIX_MASK_ALL));
  }

  /** The bits of an access that QEMU answers. */
  int emulated(ConfigAccess access) {
    return ConfigAccess.value(ByteString.copyFrom(emulated, access.offset(), access.size()));
  }

  /** What QEMU answers. */
  int read(ConfigAccess access) {
    return ConfigAccess.value(ByteString.copyFrom(config, access.offset(), access.size()));
  }

  /** pci_default_write_config, without what follows from it. */
  void write(ConfigAccess access, int value) {
    for (int i = 0; i < access.size(); i++) {
      int at = access.offset() + i;
      int written = value >>> (Byte.SIZE * i);
      config[at] = (byte) ((config[at] & ~writable[at]) | (written & writable[at]));
    }
  }

  int word(int at) {
    return words(config).getShort(at) & 0xffff;
  }

  void word(int at, int value) {
    words(config).putShort(at, (short) value);
  }

  boolean busMaster() {
    return (word(COMMAND) & BUS_MASTER) != 0;
  }

  /** The message that MSI is set up with: 2^n vectors differ in the low bits of the data. */
  long msiAddress(int at) {
    long low = Integer.toUnsignedLong(words(config).getInt(at + 4));
    return (word(at + MSI_FLAGS) & MSI_64) == 0
        ? low
        : low | (long) words(config).getInt(at + 8) << Integer.SIZE;
  }

  int msiData(int at, int vector) {
    boolean wide = (word(at + MSI_FLAGS) & MSI_64) != 0;
    int vectors = msiVectors(at);
    return (word(at + (wide ? 12 : 8)) & -vectors) | vector;
  }

  /** How many vectors the guest has asked for, up to what there are. */
  int msiVectors(int at) {
    int control = word(at + MSI_FLAGS);
    return 1 << Math.min(control >>> 4 & 7, control >>> 1 & 7);
  }

  /** pci_do_device_reset: what is writable of the header and of both capabilities goes. */
  void reset() {
    for (int i = 0; i < config.length; i++) {
      config[i] &= (byte) ~writable[i];
    }
  }

  @Override
  public void writeState(StateWriter out) {
    for (int at = 0; at < config.length; at += 4) {
      int bits = words(config).getInt(at) & words(writable).getInt(at);
      if (bits != 0) {
        out.hex("0x" + Integer.toHexString(at), Integer.toUnsignedLong(bits));
      }
    }
  }
}
