package io.virtrig.emulator.hardware.vdpa;

import static io.virtrig.uapi.Virtio.*;

import io.virtrig.emulator.hardware.vdpa.Ring.Found;
import io.virtrig.emulator.state.StateWriter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A network device whose link leads back to itself, or to another one (vdpa_sim_net.c, or strictly
 * by the virtio specification). Queues 0 and 1 receive and transmit, 2 and 3 too, and so on; the
 * simulator's queue 2 is the control queue.
 */
final class VirtioNet extends Backend {
  private static final int CONTROL_QUEUE = 2;
  private static final int MAC_BYTES = 6;
  private static final int HEADER_BYTES = 12;
  private static final int LEGACY_HEADER_BYTES = 10;
  private static final int NUM_BUFFERS = 10;

  /** What the simulator takes of a packet, header included. */
  private static final int SIMULATOR_PACKET = 4096;

  private static final int LARGEST_PACKET = 65536;

  private static final int ACK_OK = 0;
  private static final int ACK_ERR = 1;

  private final byte[] packet;
  private final byte[] command = new byte[2];
  private @Nullable VirtioNet peer;

  VirtioNet(VdpaDevice device) {
    super(device);
    packet = new byte[device.model().strict() ? LARGEST_PACKET + HEADER_BYTES : SIMULATOR_PACKET];
  }

  /** Where transmitted packets go instead of back. */
  void connect(VirtioNet to) {
    peer = to;
  }

  private int headerBytes() {
    return device.negotiated(VdpaModel.VERSION_1) ? HEADER_BYTES : LEGACY_HEADER_BYTES;
  }

  @Override
  void run() {
    if (!device.model().strict()) {
      control();
    }
    for (int i = 0; i + 1 < device.queues(); i += 2) {
      Virtqueue receive = device.queue(i);
      Virtqueue transmit = device.queue(i + 1);
      boolean more = true;
      while (more && receive.ready() && transmit.ready() && device.running()) {
        more = transmit(receive, i);
      }
    }
  }

  /** Transmits a packet; false ends the run. */
  private boolean transmit(Virtqueue ownReceive, int receiveIndex) {
    Virtqueue transmit = device.queue(receiveIndex + 1);
    boolean strict = device.model().strict();
    Found found = transmit.next();
    if (found == Found.EMPTY && strict) {
      transmit.drained();
      if (device.running()) {
        ownReceive.drained();
      }
    }
    if (found != Found.CHAIN) {
      return false;
    }
    Chain chain = transmit.chain();
    if (chain.anyWritable()) {
      return unexpected(transmit, "writable in a transmit chain");
    }
    if (strict && chain.reader.left() < headerBytes()) {
      transmit.malformed("packet shorter than its header");
      return false;
    }
    int length = chain.reader.pull(device.iotlb(transmit), packet, 0, packet.length);
    VirtioNet target = peer == null ? this : peer;
    if (length < 0 || !target.accepts(packet, length, headerBytes())) {
      return transmit.complete(0);
    }
    return target.receive(packet, length, headerBytes(), receiveIndex, transmit);
  }

  /** A chain with a part of the wrong kind: the simulator drops it and stops. */
  private boolean unexpected(Virtqueue queue, String problem) {
    if (device.model().strict()) {
      queue.malformed(problem);
    }
    return false;
  }

  /** The filter on the destination address. */
  private boolean accepts(byte[] from, int length, int header) {
    if (length < header + MAC_BYTES) {
      return false;
    }
    boolean group = (from[header] & 1) != 0;
    return group || isOwn(from, header);
  }

  /** The simulator compares as C compares strings: behind a zero in both, all is equal. */
  private boolean isOwn(byte[] from, int at) {
    for (int i = 0; i < MAC_BYTES; i++) {
      byte own = device.config().at(i);
      if (from[at + i] != own) {
        return false;
      }
      if (own == 0 && !device.model().strict()) {
        return true;
      }
    }
    return true;
  }

  /**
   * Puts a packet into the next receive chain, and completes both; false ends the sender's run.
   *
   * @param from the queue of the sender
   */
  private boolean receive(byte[] bytes, int length, int header, int index, Virtqueue from) {
    Virtqueue queue = device.queue(index + 1 < device.queues() ? index : 0);
    boolean strict = device.model().strict();
    boolean linked = !from.belongsTo(device);
    if (linked && !(queue.ready() && device.running())) {
      return from.complete(0);
    }
    Found found = queue.next();
    if (found != Found.CHAIN || queue.chain().anyReadable()) {
      boolean goesOn = from.complete(0) && strict && found == Found.EMPTY;
      if (found == Found.CHAIN) {
        unexpected(queue, "readable in a receive chain");
      }
      return goesOn || (linked && found != Found.EMPTY);
    }
    Chain chain = queue.chain();
    if (strict) {
      Arrays.fill(bytes, 0, header, (byte) 0);
      if (header == HEADER_BYTES) {
        bytes[NUM_BUFFERS] = 1;
      }
      if (chain.writer.left() < length) {
        queue.ring().untake(chain);
        return from.complete(0);
      }
    }
    int copied = chain.writer.push(device.iotlb(queue), bytes, 0, length);
    if (copied <= 0) {
      return nothingCopied(queue, from, linked);
    }
    return from.complete(0) && (queue.complete(copied) || linked);
  }

  private boolean nothingCopied(Virtqueue queue, Virtqueue from, boolean linked) {
    if (!device.model().strict()) {
      return linked && from.complete(0);
    }
    boolean goesOn = from.complete(0) && linked;
    queue.malformed("receive buffer unmapped");
    return goesOn;
  }

  /** The simulator's control queue (vdpasim_handle_cvq). */
  private void control() {
    Virtqueue queue = device.queue(CONTROL_QUEUE);
    if (!device.negotiated(1L << VIRTIO_NET_F_CTRL_VQ) || !queue.ready()) {
      return;
    }
    int ack = ACK_ERR;
    while (device.running() && queue.next() == Found.CHAIN) {
      Chain chain = queue.chain();
      Translations iotlb = device.iotlb(queue);
      if (chain.reader.pull(iotlb, command, 0, command.length) != command.length) {
        return;
      }
      if (command[0] == VIRTIO_NET_CTRL_MAC) {
        ack = macCommand(chain, iotlb);
      }
      command[0] = (byte) ack;
      queue.use(Math.max(0, chain.writer.push(iotlb, command, 0, 1)));
      device.raise(CONTROL_QUEUE);
    }
  }

  private int macCommand(Chain chain, Translations iotlb) {
    if (command[1] != VIRTIO_NET_CTRL_MAC_ADDR_SET) {
      return ACK_ERR;
    }
    for (int i = 0; i < MAC_BYTES; i++) {
      if (chain.reader.pull(iotlb, command, 0, 1) != 1) {
        return ACK_ERR;
      }
      device.config().put(i, command[0]);
    }
    return ACK_OK;
  }

  @Override
  public void writeState(StateWriter out) {
    if (peer != null) {
      out.text("peer", peer.device.name());
    }
  }
}
