package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.Bar;
import io.virtrig.emulator.hardware.pci.ConfigSpace;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.spec.UapiProfile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The configuration space that a user sees (drivers/vfio/pci/vfio_pci_config.c).
 *
 * <p>How it works. An access is cut into aligned pieces of at most 4 bytes, none across the border
 * of a capability. Each bit of a piece is read from the virtual copy or from the hardware as the
 * capability's permissions say; a write changes the bits that are writable, in the one place or the
 * other, and then does what the register stands for. Bytes of no capability are the hardware's.
 */
final class VfioPciConfig implements Stateful {

  /** What the rest of the driver does when certain registers are written. */
  interface Listener {
    /** The user has set or cleared the INTx disable bit. */
    void intxDisabled(boolean disabled);

    /** Whether SET_IRQS has enabled MSI. */
    boolean msiEnabled();

    /** The binary logarithm of the MSI vectors that were last enabled. */
    int msiQueueSize();
  }

  private final PciFunction function;
  private final ConfigSpace hardware;
  private final ConfigSpace virtual;
  private final ConfigMap map;
  private final Listener listener;
  private boolean barsDirty = true;
  private boolean intxDisabled;

  /** vfio_config_init: copies what the hardware has. */
  VfioPciConfig(PciFunction function, UapiProfile uapi, Listener listener) {
    this.function = function;
    this.listener = listener;
    hardware = function.config();
    virtual = new ConfigSpace(hardware.size());
    map = new ConfigMap(hardware, virtual, uapi);
  }

  /** Bytes of the space. */
  int size() {
    return hardware.size();
  }

  /** The interrupt pin as the user sees it; 0: no INTx. */
  int interruptPin() {
    return virtual.byteAt(PCI_INTERRUPT_PIN);
  }

  /** Memory BARs can be accessed: decoding is on in what the user wrote, and the state is D0. */
  boolean memoryEnabled() {
    return (virtual.word(PCI_COMMAND) & PCI_COMMAND_MEMORY) != 0 && function.powerState() < 3;
  }

  /** pread of the region. EFAULT for any byte outside. */
  ByteString read(long at, int length) {
    requireInside(at, length);
    byte[] to = new byte[length];
    ConfigSpace bytes = new ConfigSpace(to);
    for (int done = 0; done < length; ) {
      int pos = (int) at + done;
      int size = piece(pos, length - done);
      bytes.set(done, size, readPiece(map.at(pos), pos, size));
      done += size;
    }
    return ByteString.copyFrom(to);
  }

  /** pwrite of the region. EFAULT for any byte outside. */
  void write(long at, ByteString from) {
    requireInside(at, from.size());
    ConfigSpace bytes = new ConfigSpace(from.toByteArray());
    for (int done = 0; done < from.size(); ) {
      int pos = (int) at + done;
      int size = piece(pos, from.size() - done);
      writePiece(map.at(pos), pos, size, bytes.get(done, size));
      done += size;
    }
  }

  private void requireInside(long at, int length) {
    if (at < 0 || at + length > size()) {
      throw KernelError.fault(
          "[0x"
              + Long.toHexString(at)
              + ", +"
              + length
              + ") leaves the 0x"
              + Integer.toHexString(size())
              + " bytes of configuration space");
    }
  }

  /** How much is done at once: up to the end of the aligned 4 bytes or of the capability. */
  private int piece(int pos, int left) {
    int same = 1;
    while (((pos + same) & 3) != 0 && Objects.equals(map.at(pos + same), map.at(pos))) {
      same++;
    }
    int most = Math.min(same, left);
    if (most >= 4 && (pos & 3) == 0) {
      return 4;
    }
    return most >= 2 && (pos & 1) == 0 ? 2 : 1;
  }

  private int readPiece(ConfigMap.@Nullable Area area, int pos, int size) {
    if (area == null) {
      return hardware.get(pos, size);
    }
    int offset = pos - area.start();
    if (area.bits() == null) {
      return readDirect(area, pos, size);
    }
    if (area.kind() == ConfigMap.Kind.BASIC && isBar(pos)) {
      fixBars();
    }
    int virt = area.bits().virtual(offset, size);
    return (hardware.get(pos, size) & ~virt) | (virtual.get(pos, size) & virt);
  }

  /** vfio_direct_config_read: the hardware, but for what links the capabilities. */
  private int readDirect(ConfigMap.Area area, int pos, int size) {
    int offset = pos - area.start();
    int linked = area.kind() == ConfigMap.Kind.EXTENDED ? PCI_CAP_SIZEOF : PCI_CAP_FLAGS;
    int value = 0;
    for (int i = 0; i < size; i++) {
      ConfigSpace from = offset + i < linked ? virtual : hardware;
      value |= from.byteAt(pos + i) << (8 * i);
    }
    return value;
  }

  private void writePiece(ConfigMap.@Nullable Area area, int pos, int size, int value) {
    if (area == null) {
      function.writeConfig(pos, size, value);
      return;
    }
    if (area.kind() == ConfigMap.Kind.BASIC) {
      writeHeader(pos, size, value);
      return;
    }
    boolean vendor =
        area.id()
            == (area.kind() == ConfigMap.Kind.CONVENTIONAL ? PCI_CAP_ID_VNDR : PCI_EXT_CAP_ID_VNDR);
    if (vendor) {
      function.writeConfig(pos, size, value);
    } else if (area.bits() != null) {
      writeCapability(area, area.bits(), pos, size, value);
    }
  }

  /** vfio_default_config_write. */
  private void writeBits(PermBits bits, int offset, int pos, int size, int value) {
    int write = bits.writable(offset, size);
    int virt = bits.virtual(offset, size);
    if ((write & virt) != 0) {
      int mask = write & virt;
      virtual.set(pos, size, (virtual.get(pos, size) & ~mask) | (value & mask));
    }
    if ((write & ~virt) != 0) {
      int mask = write & ~virt;
      function.writeConfig(pos, size, (hardware.get(pos, size) & ~mask) | (value & mask));
    }
  }

  private void writeCapability(ConfigMap.Area area, PermBits bits, int pos, int size, int value) {
    int offset = pos - area.start();
    int before = virtual.get(area.start(), 4);
    int readRequest =
        area.id() == PCI_CAP_ID_EXP ? virtual.word(area.start() + PCI_EXP_DEVCTL) : before;
    writeBits(bits, offset, pos, size, value);
    if (area.kind() == ConfigMap.Kind.EXTENDED) {
      return;
    }
    switch (area.id()) {
      case PCI_CAP_ID_PM -> {
        if (offset == PCI_PM_CTRL) {
          function.powerState(value & PCI_PM_CTRL_STATE_MASK);
        }
      }
      case PCI_CAP_ID_MSI -> {
        if (offset <= PCI_MSI_FLAGS && offset + size > PCI_MSI_FLAGS) {
          msiControl(area.start());
        }
      }
      case PCI_CAP_ID_EXP -> deviceControl(area.start(), readRequest & PCI_EXP_DEVCTL_READRQ);
      case PCI_CAP_ID_AF -> advancedFeatures(area.start());
      default -> {}
    }
  }

  /**
   * vfio_msi_config_write: enable and queue size as far as SET_IRQS allows, to the hardware too.
   */
  private void msiControl(int start) {
    int flags = virtual.word(start + PCI_MSI_FLAGS);
    if (!listener.msiEnabled()) {
      flags &= ~PCI_MSI_FLAGS_ENABLE;
    }
    if ((flags & PCI_MSI_FLAGS_QSIZE) >> 4 > listener.msiQueueSize()) {
      flags = (flags & ~PCI_MSI_FLAGS_QSIZE) | listener.msiQueueSize() << 4;
    }
    virtual.set(start + PCI_MSI_FLAGS, 2, flags);
    function.writeConfig(start + PCI_MSI_FLAGS, 2, flags);
  }

  /** vfio_exp_config_write: a function reset, and the largest read request. */
  private void deviceControl(int start, int readRequestBefore) {
    int control = virtual.word(start + PCI_EXP_DEVCTL);
    if ((control & PCI_EXP_DEVCTL_BCR_FLR) != 0) {
      control &= ~PCI_EXP_DEVCTL_BCR_FLR;
      virtual.set(start + PCI_EXP_DEVCTL, 2, control);
      if ((hardware.dword(start + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR) != 0) {
        function.reset();
      }
    }
    int wanted = control & PCI_EXP_DEVCTL_READRQ;
    if (wanted != readRequestBefore) {
      int physical = hardware.word(start + PCI_EXP_DEVCTL);
      int least = (physical & PCI_EXP_DEVCTL_PAYLOAD) << 7;
      function.writeConfig(
          start + PCI_EXP_DEVCTL, 2, (physical & ~PCI_EXP_DEVCTL_READRQ) | Math.max(wanted, least));
    }
  }

  /** vfio_af_config_write. */
  private void advancedFeatures(int start) {
    int control = virtual.byteAt(start + PCI_AF_CTRL);
    if ((control & PCI_AF_CTRL_FLR) != 0) {
      virtual.set(start + PCI_AF_CTRL, 1, control & ~PCI_AF_CTRL_FLR);
      int both = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
      if ((hardware.byteAt(start + PCI_AF_CAP) & both) == both) {
        function.reset();
      }
    }
  }

  /** vfio_basic_config_write. */
  private void writeHeader(int pos, int size, int value) {
    writeBits(ConfigPermissions.BASIC, pos, pos, size, value);
    if (pos == PCI_COMMAND) {
      int decode = PCI_COMMAND_MEMORY | PCI_COMMAND_IO;
      virtual.set(PCI_COMMAND, 2, (virtual.word(PCI_COMMAND) & ~decode) | (value & decode));
    }
    if (pos == PCI_COMMAND || pos == PCI_COMMAND + 1) {
      boolean disabled = (virtual.word(PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE) != 0;
      if (disabled != intxDisabled) {
        intxDisabled = disabled;
        listener.intxDisabled(disabled);
      }
    }
    barsDirty |= isBar(pos);
  }

  private static boolean isBar(int pos) {
    return (pos >= PCI_BASE_ADDRESS_0 && pos < PCI_BASE_ADDRESS_0 + 4 * PCI_STD_NUM_BARS)
        || (pos >= PCI_ROM_ADDRESS && pos < PCI_ROM_ADDRESS + 4);
  }

  /** vfio_bar_fixup: gives what was written to the BARs the form that sizes and types allow. */
  private void fixBars() {
    if (!barsDirty) {
      return;
    }
    for (int index = 0; index < PCI_STD_NUM_BARS; index++) {
      int at = PCI_BASE_ADDRESS_0 + 4 * index;
      Bar bar = function.bars().bar(index);
      if (bar == null) {
        virtual.set(at, 4, 0);
        continue;
      }
      long mask = -bar.size();
      virtual.set(at, 4, (virtual.dword(at) & (int) mask) | bar.typeBits());
      if (bar.wide()) {
        index++;
        virtual.set(at + 4, 4, virtual.dword(at + 4) & (int) (mask >> 32));
      }
    }
    Bar rom = function.bars().bar(PCI_ROM_RESOURCE);
    int mask = rom == null ? 0 : (int) -rom.size() | PCI_ROM_ADDRESS_ENABLE;
    virtual.set(PCI_ROM_ADDRESS, 4, virtual.dword(PCI_ROM_ADDRESS) & mask);
    barsDirty = false;
  }

  @Override
  public void writeState(StateWriter out) {
    out.hex("virtual", virtual.hash());
    out.flag("bars_dirty", barsDirty);
    out.flag("intx_disabled", intxDisabled);
  }
}
