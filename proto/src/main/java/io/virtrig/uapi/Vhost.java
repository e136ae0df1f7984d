// Written by proto/uapi/headers --update from the kernel's headers.
package io.virtrig.uapi;

/**
 * Constants of linux/vhost.h and linux/vhost_types.h: names and values as a C program sees them.
 */
public final class Vhost {
  public static final int VHOST_ACCESS_RO = 0x1;
  public static final int VHOST_ACCESS_RW = 0x3;
  public static final int VHOST_ACCESS_WO = 0x2;
  public static final int VHOST_BACKEND_F_IOTLB_ASID = 0x3;
  public static final int VHOST_BACKEND_F_IOTLB_BATCH = 0x2;
  public static final int VHOST_BACKEND_F_IOTLB_MSG_V2 = 0x1;
  public static final int VHOST_BACKEND_F_SUSPEND = 0x4;
  public static final long VHOST_FILE_UNBIND = 0xffffffffffffffffL;
  public static final int VHOST_F_LOG_ALL = 0x1a;
  public static final int VHOST_IOTLB_ACCESS_FAIL = 0x4;
  public static final int VHOST_IOTLB_BATCH_BEGIN = 0x5;
  public static final int VHOST_IOTLB_BATCH_END = 0x6;
  public static final int VHOST_IOTLB_INVALIDATE = 0x3;
  public static final int VHOST_IOTLB_MISS = 0x1;
  public static final int VHOST_IOTLB_MSG = 0x1;
  public static final int VHOST_IOTLB_MSG_V2 = 0x2;
  public static final int VHOST_IOTLB_UPDATE = 0x2;
  public static final int VHOST_NET_F_VIRTIO_NET_HDR = 0x1b;
  public static final int VHOST_PAGE_SIZE = 0x1000;
  public static final int VHOST_SCSI_ABI_VERSION = 0x1;
  public static final int VHOST_VIRTIO = 0xaf;
  public static final int VHOST_VRING_BIG_ENDIAN = 0x1;
  public static final int VHOST_VRING_F_LOG = 0x0;
  public static final int VHOST_VRING_LITTLE_ENDIAN = 0x0;

  private Vhost() {}
}
