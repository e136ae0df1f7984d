package io.virtrig.emulator.hardware.iommu;

/** What a device is told of a group of page requests, with the number that descriptors have. */
public enum PageResponse {
  /** The pages are there. */
  SUCCESS(0),
  /** The request makes no sense: the pages will never be there. */
  INVALID_REQUEST(1),
  /** Something is broken: the device should ask no more. */
  FAILURE(0xf);

  private final int code;

  PageResponse(int code) {
    this.code = code;
  }

  /** The number. */
  public int code() {
    return code;
  }
}
