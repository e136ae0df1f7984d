package io.virtrig.emulator.hardware.iommu.vtd;

/**
 * What a descriptor of an invalidation queue asks for. A field that the granularity does not use is
 * 0. An address is that of the first byte; what is invalidated is {@code 1 << shift} bytes, and a
 * shift of 64 is all there is.
 */
public sealed interface QueueDescriptor {

  /** How much a descriptor invalidates; each type has some of them. */
  enum Granularity {
    /** All. */
    GLOBAL,
    /** All of a domain. */
    DOMAIN,
    /** All of a device, or of those that a function mask adds. */
    DEVICE,
    /** All of a PASID in a domain. */
    PASID,
    /** Some pages. */
    PAGE,
    /** Some interrupt entries. */
    INDEX
  }

  /** Type 1. {@code functionMask} is the field FM. */
  record ContextCache(Granularity granularity, int domain, int source, int functionMask)
      implements QueueDescriptor {}

  /** Type 2. {@code leafOnly} is the invalidation hint. */
  record Iotlb(
      Granularity granularity,
      boolean drainWrite,
      boolean drainRead,
      int domain,
      long address,
      int addressMask,
      boolean leafOnly)
      implements QueueDescriptor {}

  /** Type 3. */
  record DeviceTlb(int source, long address, int shift, int physicalFunction, int maximumPending)
      implements QueueDescriptor {}

  /** Type 4. {@code indexMask}: {@code 1 << indexMask} entries. */
  record InterruptEntry(Granularity granularity, int index, int indexMask)
      implements QueueDescriptor {}

  /** Type 5. The data is stored at the address only if {@code statusWrite}. */
  record Wait(
      boolean statusWrite,
      long address,
      int data,
      boolean interrupt,
      boolean fence,
      boolean pageRequestDrain)
      implements QueueDescriptor {}

  /** Type 6. */
  record PasidIotlb(
      Granularity granularity,
      int domain,
      int pasid,
      long address,
      int addressMask,
      boolean leafOnly)
      implements QueueDescriptor {}

  /** Type 7. */
  record PasidCache(Granularity granularity, int domain, int pasid) implements QueueDescriptor {}

  /** Type 8. */
  record PasidDeviceTlb(
      int source,
      int pasid,
      boolean allPasids,
      long address,
      int shift,
      int physicalFunction,
      int maximumPending)
      implements QueueDescriptor {}

  /** Type 9. {@code code}: 0 success, 1 invalid request, 15 failure. */
  record PageGroupResponse(
      int source,
      boolean pasidPresent,
      int pasid,
      int code,
      int group,
      boolean last,
      boolean privateDataPresent,
      long privateData0,
      long privateData1)
      implements QueueDescriptor {}

  /** None of them: the queue stops. */
  record Malformed(QueueError error) implements QueueDescriptor {}
}
