package io.virtrig.emulator.kernel.vhost;

import static io.virtrig.uapi.Vhost.VHOST_IOTLB_MSG;
import static io.virtrig.uapi.Vhost.VHOST_IOTLB_MSG_V2;
import static io.virtrig.uapi.Vhost.VHOST_IOTLB_UPDATE;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.v1.WriteRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A message about translations (struct vhost_iotlb_msg) as write(2) carries it, in struct vhost_msg
 * or struct vhost_msg_v2.
 */
public record VhostIotlbMsg(int asid, long iova, long size, long uaddr, int perm, int type) {
  /** Bytes of both outer structures. */
  static final int BYTES = 72;

  private static final int INNER = 8;
  private static final int INNER_BYTES = 32;

  /** The bytes of a message that a request describes. */
  public static ByteString bytes(WriteRequest request) {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(request.hasType() ? request.getType() : VHOST_IOTLB_MSG_V2);
    bytes.putInt(request.getAsid());
    io.virtrig.v1.VhostIotlbMsg message = request.getIotlb();
    bytes.putLong(message.getIova());
    bytes.putLong(message.getSize());
    bytes.putLong(message.getUaddr());
    bytes.put((byte) message.getPerm());
    bytes.put((byte) message.getType());
    return ByteString.copyFrom(bytes.array());
  }

  /**
   * Reads a message (vhost_chr_write_iter).
   *
   * @param withAsid the outer structure's address space counts
   * @throws KernelError EINVAL
   */
  static VhostIotlbMsg parse(ByteString bytes, boolean withAsid) {
    if (bytes.size() < Integer.BYTES) {
      throw KernelError.invalid(bytes.size() + " bytes hold no type of message");
    }
    ByteBuffer fields = bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    int outer = fields.getInt();
    if (outer != VHOST_IOTLB_MSG && outer != VHOST_IOTLB_MSG_V2) {
      throw KernelError.invalid("message type " + outer + " is not 1 or 2");
    }
    if (bytes.size() < INNER + INNER_BYTES) {
      throw KernelError.invalid(bytes.size() + " bytes are too few for a message");
    }
    int asid = fields.getInt();
    VhostIotlbMsg message =
        new VhostIotlbMsg(
            withAsid && outer == VHOST_IOTLB_MSG_V2 ? asid : 0,
            fields.getLong(),
            fields.getLong(),
            fields.getLong(),
            Byte.toUnsignedInt(fields.get()),
            Byte.toUnsignedInt(fields.get()));
    if (message.type == VHOST_IOTLB_UPDATE && message.size == 0) {
      throw KernelError.invalid("an update of size 0");
    }
    return message;
  }
}
