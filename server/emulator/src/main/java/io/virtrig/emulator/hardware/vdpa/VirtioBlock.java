package io.virtrig.emulator.hardware.vdpa;

import static io.virtrig.uapi.Virtio.*;

import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.hardware.vdpa.Ring.Found;
import io.virtrig.emulator.state.StateWriter;

/**
 * A block device over a RAM disk (vdpa_sim_blk.c, or strictly by the virtio specification). Borders
 * of descriptors mean nothing; the status is the very last byte that the device may write.
 */
final class VirtioBlock extends Backend {
  private static final int HEADER_BYTES = 16;
  private static final int SECTOR_SHIFT = 9;
  private static final int SECTOR_BYTES = 1 << SECTOR_SHIFT;

  /** Sectors of one transfer: size_max times seg_max, which the driver counts in sectors. */
  private static final long MOST_SECTORS = 0x1000L * 32;

  private static final byte[] ID = new byte[VIRTIO_BLK_ID_BYTES];

  static {
    String name = "vdpa_blk_sim";
    for (int i = 0; i < name.length(); i++) {
      ID[i] = (byte) name.charAt(i);
    }
  }

  private final PhysicalMemory disk = new PhysicalMemory();
  private final byte[] header = new byte[HEADER_BYTES];
  private final byte[] buffer = new byte[PhysicalMemory.PAGE_SIZE];
  private final byte[] zeros = new byte[PhysicalMemory.PAGE_SIZE];
  private final long capacity;

  /** What the device has written of the request at hand. */
  private long written;

  VirtioBlock(VdpaDevice device, long capacity) {
    super(device);
    this.capacity = capacity;
  }

  /** The disk's contents, by byte. */
  PhysicalMemory disk() {
    return disk;
  }

  /** In sectors. */
  long capacity() {
    return capacity;
  }

  @Override
  void run() {
    for (int i = 0; i < device.queues(); i++) {
      Virtqueue queue = device.queue(i);
      boolean more = true;
      while (more && queue.ready() && device.running()) {
        more = request(queue);
      }
    }
  }

  /** Does a request; false ends the run. */
  private boolean request(Virtqueue queue) {
    Found found = queue.next();
    if (found == Found.EMPTY) {
      queue.drained();
    }
    if (found != Found.CHAIN) {
      return false;
    }
    Chain chain = queue.chain();
    Translations iotlb = device.iotlb(queue);
    if (!chain.anyReadable() || !chain.anyWritable() || chain.lastLength() == 0) {
      return senseless(queue, "request without header or status");
    }
    if (chain.reader.left() < HEADER_BYTES) {
      return senseless(queue, "request header too short");
    }
    if (chain.reader.pull(iotlb, header, 0, HEADER_BYTES) != HEADER_BYTES) {
      return senseless(queue, "request header unmapped");
    }
    long data = chain.writer.left() - 1;
    written = 0;
    int status = execute(chain, iotlb, data);
    if (device.model().strict()) {
      return finish(queue, iotlb, status);
    }
    // The simulator skips what is left of the data, counting from wherever it stopped.
    if (data != written) {
      chain.writer.skip(data - written);
    }
    header[0] = (byte) status;
    if (chain.writer.push(iotlb, header, 0, 1) != 1) {
      queue.use((int) written);
      return false;
    }
    return queue.complete((int) written + 1);
  }

  /** Strictly: the status goes into the last byte, wherever the data ended. */
  private boolean finish(Virtqueue queue, Translations iotlb, int status) {
    Chain chain = queue.chain();
    chain.rewindWriter();
    chain.writer.skip(chain.writer.left() - 1);
    header[0] = (byte) status;
    if (chain.writer.push(iotlb, header, 0, 1) != 1) {
      queue.malformed("status unmapped");
      return false;
    }
    return queue.complete((int) written + 1);
  }

  /** A request that cannot be answered: the simulator uses it without an interrupt and stops. */
  private boolean senseless(Virtqueue queue, String problem) {
    if (device.model().strict()) {
      queue.malformed(problem);
    } else {
      queue.use(0);
    }
    return false;
  }

  private int execute(Chain chain, Translations iotlb, long data) {
    int type = Translations.u32(header, 0);
    long sector = Translations.u64(header, 8);
    boolean strict = device.model().strict();
    if (!strict && type != VIRTIO_BLK_T_IN && type != VIRTIO_BLK_T_OUT && sector != 0) {
      return VIRTIO_BLK_S_IOERR;
    }
    return switch (type) {
      case VIRTIO_BLK_T_IN -> in(chain, iotlb, sector, data);
      case VIRTIO_BLK_T_OUT -> out(chain, iotlb, sector);
      case VIRTIO_BLK_T_FLUSH -> offered(VIRTIO_BLK_F_FLUSH) ? VIRTIO_BLK_S_OK : unsupported();
      case VIRTIO_BLK_T_GET_ID -> id(chain, iotlb, data);
      case VIRTIO_BLK_T_DISCARD ->
          offered(VIRTIO_BLK_F_DISCARD) ? clear(chain, iotlb, false) : unsupported();
      case VIRTIO_BLK_T_WRITE_ZEROES ->
          offered(VIRTIO_BLK_F_WRITE_ZEROES) ? clear(chain, iotlb, true) : unsupported();
      default -> unsupported();
    };
  }

  private boolean offered(int feature) {
    return !device.model().strict() || device.negotiated(1L << feature);
  }

  private int unsupported() {
    return device.model().strict() ? VIRTIO_BLK_S_UNSUPP : VIRTIO_BLK_S_IOERR;
  }

  private int in(Chain chain, Translations iotlb, long sector, long length) {
    if (!inRange(sector, length)) {
      return VIRTIO_BLK_S_IOERR;
    }
    long copied = chain.writer.push(iotlb, disk, sector << SECTOR_SHIFT, length, buffer);
    if (copied < 0) {
      return VIRTIO_BLK_S_IOERR;
    }
    written = copied;
    device.work(copied);
    return VIRTIO_BLK_S_OK;
  }

  private int out(Chain chain, Translations iotlb, long sector) {
    long length = chain.reader.left();
    if (device.model().strict() && device.negotiated(1L << VIRTIO_BLK_F_RO)) {
      return VIRTIO_BLK_S_IOERR;
    }
    if (!inRange(sector, length)) {
      return VIRTIO_BLK_S_IOERR;
    }
    long copied = chain.reader.pull(iotlb, disk, sector << SECTOR_SHIFT, length, buffer);
    device.work(length);
    return copied < 0 ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
  }

  private boolean inRange(long sector, long length) {
    long sectors = length >>> SECTOR_SHIFT;
    return Long.compareUnsigned(sector, capacity) < 0
        && sectors <= MOST_SECTORS
        && sectors <= capacity - sector
        && (!device.model().strict() || length % SECTOR_BYTES == 0);
  }

  private int id(Chain chain, Translations iotlb, long data) {
    int length = device.model().strict() ? (int) Math.min(ID.length, data) : ID.length;
    int copied = chain.writer.push(iotlb, ID, 0, length);
    if (copied < 0) {
      return VIRTIO_BLK_S_IOERR;
    }
    written = copied;
    return VIRTIO_BLK_S_OK;
  }

  /** DISCARD, which changes nothing, and WRITE_ZEROES. */
  private int clear(Chain chain, Translations iotlb, boolean write) {
    if (chain.reader.left() != HEADER_BYTES
        || chain.reader.pull(iotlb, header, 0, HEADER_BYTES) != HEADER_BYTES) {
      return VIRTIO_BLK_S_IOERR;
    }
    long sector = Translations.u64(header, 0);
    long sectors = Translations.u32(header, 8) & 0xffffffffL;
    int flags = Translations.u32(header, 12);
    if ((flags & ~(write ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0)) != 0) {
      return VIRTIO_BLK_S_UNSUPP;
    }
    if (Long.compareUnsigned(sector, capacity) >= 0 || sectors > capacity - sector) {
      return VIRTIO_BLK_S_IOERR;
    }
    if (write) {
      device.work(sectors << SECTOR_SHIFT);
      zero(sector << SECTOR_SHIFT, sectors << SECTOR_SHIFT);
    }
    return VIRTIO_BLK_S_OK;
  }

  private void zero(long from, long length) {
    long done = 0;
    while (done < length) {
      long at = from + done;
      int piece =
          (int)
              Math.min(
                  length - done, PhysicalMemory.PAGE_SIZE - (at & (PhysicalMemory.PAGE_SIZE - 1)));
      if (disk.written(at)) {
        disk.write(at, zeros, 0, piece);
      }
      done += piece;
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.child("disk", "", disk);
  }
}
