package io.virtrig.emulator;

import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;

/**
 * Which process makes an ioctl, on which of its descriptors: every message of an ioctl says it in
 * fields of its own. What a guest does comes the same way, since the file of its VM answers.
 */
final class Ioctls {
  private final SystemCalls calls;

  Ioctls(SystemCalls calls) {
    this.calls = calls;
  }

  Result call(Operation op) {
    return switch (op.getOpCase()) {
      case GUEST_READ ->
          calls.ioctl(op, op.getGuestRead().getPid(), op.getGuestRead().getTargetFd());
      case GUEST_WRITE ->
          calls.ioctl(op, op.getGuestWrite().getPid(), op.getGuestWrite().getTargetFd());
      case GUEST_IRQS ->
          calls.ioctl(op, op.getGuestIrqs().getPid(), op.getGuestIrqs().getTargetFd());
      case VFIO_GET_API_VERSION ->
          calls.ioctl(
              op, op.getVfioGetApiVersion().getPid(), op.getVfioGetApiVersion().getTargetFd());
      case VFIO_CHECK_EXTENSION ->
          calls.ioctl(
              op, op.getVfioCheckExtension().getPid(), op.getVfioCheckExtension().getTargetFd());
      case VFIO_SET_IOMMU ->
          calls.ioctl(op, op.getVfioSetIommu().getPid(), op.getVfioSetIommu().getTargetFd());
      case VFIO_GROUP_GET_STATUS ->
          calls.ioctl(
              op, op.getVfioGroupGetStatus().getPid(), op.getVfioGroupGetStatus().getTargetFd());
      case VFIO_GROUP_SET_CONTAINER ->
          calls.ioctl(
              op,
              op.getVfioGroupSetContainer().getPid(),
              op.getVfioGroupSetContainer().getTargetFd());
      case VFIO_GROUP_UNSET_CONTAINER ->
          calls.ioctl(
              op,
              op.getVfioGroupUnsetContainer().getPid(),
              op.getVfioGroupUnsetContainer().getTargetFd());
      case VFIO_GROUP_GET_DEVICE_FD ->
          calls.ioctl(
              op,
              op.getVfioGroupGetDeviceFd().getPid(),
              op.getVfioGroupGetDeviceFd().getTargetFd());
      case VFIO_DEVICE_GET_INFO ->
          calls.ioctl(
              op, op.getVfioDeviceGetInfo().getPid(), op.getVfioDeviceGetInfo().getTargetFd());
      case VFIO_DEVICE_GET_REGION_INFO ->
          calls.ioctl(
              op,
              op.getVfioDeviceGetRegionInfo().getPid(),
              op.getVfioDeviceGetRegionInfo().getTargetFd());
      case VFIO_DEVICE_GET_IRQ_INFO ->
          calls.ioctl(
              op,
              op.getVfioDeviceGetIrqInfo().getPid(),
              op.getVfioDeviceGetIrqInfo().getTargetFd());
      case VFIO_DEVICE_SET_IRQS ->
          calls.ioctl(
              op, op.getVfioDeviceSetIrqs().getPid(), op.getVfioDeviceSetIrqs().getTargetFd());
      case VFIO_DEVICE_RESET ->
          calls.ioctl(op, op.getVfioDeviceReset().getPid(), op.getVfioDeviceReset().getTargetFd());
      case VFIO_DEVICE_GET_PCI_HOT_RESET_INFO ->
          calls.ioctl(
              op,
              op.getVfioDeviceGetPciHotResetInfo().getPid(),
              op.getVfioDeviceGetPciHotResetInfo().getTargetFd());
      case VFIO_DEVICE_PCI_HOT_RESET ->
          calls.ioctl(
              op,
              op.getVfioDevicePciHotReset().getPid(),
              op.getVfioDevicePciHotReset().getTargetFd());
      case VFIO_DEVICE_FEATURE ->
          calls.ioctl(
              op, op.getVfioDeviceFeature().getPid(), op.getVfioDeviceFeature().getTargetFd());
      case VFIO_IOMMU_GET_INFO ->
          calls.ioctl(
              op, op.getVfioIommuGetInfo().getPid(), op.getVfioIommuGetInfo().getTargetFd());
      case VFIO_IOMMU_MAP_DMA ->
          calls.ioctl(op, op.getVfioIommuMapDma().getPid(), op.getVfioIommuMapDma().getTargetFd());
      case VFIO_IOMMU_UNMAP_DMA ->
          calls.ioctl(
              op, op.getVfioIommuUnmapDma().getPid(), op.getVfioIommuUnmapDma().getTargetFd());
      case VFIO_IOMMU_ENABLE ->
          calls.ioctl(op, op.getVfioIommuEnable().getPid(), op.getVfioIommuEnable().getTargetFd());
      case VFIO_IOMMU_DISABLE ->
          calls.ioctl(
              op, op.getVfioIommuDisable().getPid(), op.getVfioIommuDisable().getTargetFd());
      case VFIO_IOMMU_DIRTY_PAGES ->
          calls.ioctl(
              op, op.getVfioIommuDirtyPages().getPid(), op.getVfioIommuDirtyPages().getTargetFd());
      case VFIO_IOMMU_PASID_REQUEST ->
          calls.ioctl(
              op,
              op.getVfioIommuPasidRequest().getPid(),
              op.getVfioIommuPasidRequest().getTargetFd());
      case VFIO_IOMMU_NESTING_OP ->
          calls.ioctl(
              op, op.getVfioIommuNestingOp().getPid(), op.getVfioIommuNestingOp().getTargetFd());
      case VFIO_IOMMU_ATTACH_PASID_TABLE ->
          calls.ioctl(
              op,
              op.getVfioIommuAttachPasidTable().getPid(),
              op.getVfioIommuAttachPasidTable().getTargetFd());
      case VFIO_IOMMU_DETACH_PASID_TABLE ->
          calls.ioctl(
              op,
              op.getVfioIommuDetachPasidTable().getPid(),
              op.getVfioIommuDetachPasidTable().getTargetFd());
      case VFIO_IOMMU_CACHE_INVALIDATE ->
          calls.ioctl(
              op,
              op.getVfioIommuCacheInvalidate().getPid(),
              op.getVfioIommuCacheInvalidate().getTargetFd());
      case VFIO_IOMMU_BIND_MSI ->
          calls.ioctl(
              op, op.getVfioIommuBindMsi().getPid(), op.getVfioIommuBindMsi().getTargetFd());
      case VFIO_IOMMU_UNBIND_MSI ->
          calls.ioctl(
              op, op.getVfioIommuUnbindMsi().getPid(), op.getVfioIommuUnbindMsi().getTargetFd());
      case IOASID_GET_API_VERSION ->
          calls.ioctl(
              op, op.getIoasidGetApiVersion().getPid(), op.getIoasidGetApiVersion().getTargetFd());
      case IOASID_GET_INFO ->
          calls.ioctl(op, op.getIoasidGetInfo().getPid(), op.getIoasidGetInfo().getTargetFd());
      case IOASID_REQUEST_ALLOC ->
          calls.ioctl(
              op, op.getIoasidRequestAlloc().getPid(), op.getIoasidRequestAlloc().getTargetFd());
      case IOASID_REQUEST_FREE ->
          calls.ioctl(
              op, op.getIoasidRequestFree().getPid(), op.getIoasidRequestFree().getTargetFd());
      case VHOST_SET_OWNER ->
          calls.ioctl(op, op.getVhostSetOwner().getPid(), op.getVhostSetOwner().getTargetFd());
      case KVM_GET_API_VERSION ->
          calls.ioctl(
              op, op.getKvmGetApiVersion().getPid(), op.getKvmGetApiVersion().getTargetFd());
      case KVM_CREATE_VM ->
          calls.ioctl(op, op.getKvmCreateVm().getPid(), op.getKvmCreateVm().getTargetFd());
      case KVM_CHECK_EXTENSION ->
          calls.ioctl(
              op, op.getKvmCheckExtension().getPid(), op.getKvmCheckExtension().getTargetFd());
      case KVM_GET_VCPU_MMAP_SIZE ->
          calls.ioctl(
              op, op.getKvmGetVcpuMmapSize().getPid(), op.getKvmGetVcpuMmapSize().getTargetFd());
      case KVM_CREATE_VCPU ->
          calls.ioctl(op, op.getKvmCreateVcpu().getPid(), op.getKvmCreateVcpu().getTargetFd());
      case KVM_SET_BOOT_CPU_ID ->
          calls.ioctl(op, op.getKvmSetBootCpuId().getPid(), op.getKvmSetBootCpuId().getTargetFd());
      case KVM_CREATE_IRQCHIP ->
          calls.ioctl(
              op, op.getKvmCreateIrqchip().getPid(), op.getKvmCreateIrqchip().getTargetFd());
      case KVM_ENABLE_CAP ->
          calls.ioctl(op, op.getKvmEnableCap().getPid(), op.getKvmEnableCap().getTargetFd());
      case KVM_SET_USER_MEMORY_REGION ->
          calls.ioctl(
              op,
              op.getKvmSetUserMemoryRegion().getPid(),
              op.getKvmSetUserMemoryRegion().getTargetFd());
      case KVM_GET_DIRTY_LOG ->
          calls.ioctl(op, op.getKvmGetDirtyLog().getPid(), op.getKvmGetDirtyLog().getTargetFd());
      case KVM_CLEAR_DIRTY_LOG ->
          calls.ioctl(
              op, op.getKvmClearDirtyLog().getPid(), op.getKvmClearDirtyLog().getTargetFd());
      case KVM_IRQFD -> calls.ioctl(op, op.getKvmIrqfd().getPid(), op.getKvmIrqfd().getTargetFd());
      case KVM_IOEVENTFD ->
          calls.ioctl(op, op.getKvmIoeventfd().getPid(), op.getKvmIoeventfd().getTargetFd());
      case KVM_SET_GSI_ROUTING ->
          calls.ioctl(
              op, op.getKvmSetGsiRouting().getPid(), op.getKvmSetGsiRouting().getTargetFd());
      case KVM_IRQ_LINE ->
          calls.ioctl(op, op.getKvmIrqLine().getPid(), op.getKvmIrqLine().getTargetFd());
      case KVM_IRQ_LINE_STATUS ->
          calls.ioctl(
              op, op.getKvmIrqLineStatus().getPid(), op.getKvmIrqLineStatus().getTargetFd());
      case KVM_SIGNAL_MSI ->
          calls.ioctl(op, op.getKvmSignalMsi().getPid(), op.getKvmSignalMsi().getTargetFd());
      case KVM_GET_IRQCHIP ->
          calls.ioctl(op, op.getKvmGetIrqchip().getPid(), op.getKvmGetIrqchip().getTargetFd());
      case KVM_GET_LAPIC ->
          calls.ioctl(op, op.getKvmGetLapic().getPid(), op.getKvmGetLapic().getTargetFd());
      case KVM_SET_LAPIC ->
          calls.ioctl(op, op.getKvmSetLapic().getPid(), op.getKvmSetLapic().getTargetFd());
      case KVM_REGISTER_COALESCED_MMIO ->
          calls.ioctl(
              op,
              op.getKvmRegisterCoalescedMmio().getPid(),
              op.getKvmRegisterCoalescedMmio().getTargetFd());
      case KVM_UNREGISTER_COALESCED_MMIO ->
          calls.ioctl(
              op,
              op.getKvmUnregisterCoalescedMmio().getPid(),
              op.getKvmUnregisterCoalescedMmio().getTargetFd());
      case KVM_CREATE_DEVICE ->
          calls.ioctl(op, op.getKvmCreateDevice().getPid(), op.getKvmCreateDevice().getTargetFd());
      case KVM_HAS_DEVICE_ATTR ->
          calls.ioctl(
              op, op.getKvmHasDeviceAttr().getPid(), op.getKvmHasDeviceAttr().getTargetFd());
      case KVM_SET_DEVICE_ATTR ->
          calls.ioctl(
              op, op.getKvmSetDeviceAttr().getPid(), op.getKvmSetDeviceAttr().getTargetFd());
      case KVM_MEMORY_ENCRYPT_OP ->
          calls.ioctl(
              op, op.getKvmMemoryEncryptOp().getPid(), op.getKvmMemoryEncryptOp().getTargetFd());
      case KVM_MEMORY_ENCRYPT_REG_REGION ->
          calls.ioctl(
              op,
              op.getKvmMemoryEncryptRegRegion().getPid(),
              op.getKvmMemoryEncryptRegRegion().getTargetFd());
      case KVM_MEMORY_ENCRYPT_UNREG_REGION ->
          calls.ioctl(
              op,
              op.getKvmMemoryEncryptUnregRegion().getPid(),
              op.getKvmMemoryEncryptUnregRegion().getTargetFd());
      case KVM_MEM_ENC_OP ->
          calls.ioctl(op, op.getKvmMemEncOp().getPid(), op.getKvmMemEncOp().getTargetFd());
      case KVM_MEM_ENC_REGISTER_REGION ->
          calls.ioctl(
              op,
              op.getKvmMemEncRegisterRegion().getPid(),
              op.getKvmMemEncRegisterRegion().getTargetFd());
      case KVM_MEM_ENC_UNREGISTER_REGION ->
          calls.ioctl(
              op,
              op.getKvmMemEncUnregisterRegion().getPid(),
              op.getKvmMemEncUnregisterRegion().getTargetFd());
      case VHOST_GET_FEATURES ->
          calls.ioctl(
              op, op.getVhostGetFeatures().getPid(), op.getVhostGetFeatures().getTargetFd());
      case VHOST_SET_FEATURES ->
          calls.ioctl(
              op, op.getVhostSetFeatures().getPid(), op.getVhostSetFeatures().getTargetFd());
      case VHOST_RESET_OWNER ->
          calls.ioctl(op, op.getVhostResetOwner().getPid(), op.getVhostResetOwner().getTargetFd());
      case VHOST_SET_MEM_TABLE ->
          calls.ioctl(
              op, op.getVhostSetMemTable().getPid(), op.getVhostSetMemTable().getTargetFd());
      case VHOST_SET_LOG_BASE ->
          calls.ioctl(op, op.getVhostSetLogBase().getPid(), op.getVhostSetLogBase().getTargetFd());
      case VHOST_SET_LOG_FD ->
          calls.ioctl(op, op.getVhostSetLogFd().getPid(), op.getVhostSetLogFd().getTargetFd());
      case VHOST_SET_VRING_NUM ->
          calls.ioctl(
              op, op.getVhostSetVringNum().getPid(), op.getVhostSetVringNum().getTargetFd());
      case VHOST_SET_VRING_ADDR ->
          calls.ioctl(
              op, op.getVhostSetVringAddr().getPid(), op.getVhostSetVringAddr().getTargetFd());
      case VHOST_SET_VRING_BASE ->
          calls.ioctl(
              op, op.getVhostSetVringBase().getPid(), op.getVhostSetVringBase().getTargetFd());
      case VHOST_GET_VRING_BASE ->
          calls.ioctl(
              op, op.getVhostGetVringBase().getPid(), op.getVhostGetVringBase().getTargetFd());
      case VHOST_SET_VRING_ENDIAN ->
          calls.ioctl(
              op, op.getVhostSetVringEndian().getPid(), op.getVhostSetVringEndian().getTargetFd());
      case VHOST_GET_VRING_ENDIAN ->
          calls.ioctl(
              op, op.getVhostGetVringEndian().getPid(), op.getVhostGetVringEndian().getTargetFd());
      case VHOST_SET_VRING_KICK ->
          calls.ioctl(
              op, op.getVhostSetVringKick().getPid(), op.getVhostSetVringKick().getTargetFd());
      case VHOST_SET_VRING_CALL ->
          calls.ioctl(
              op, op.getVhostSetVringCall().getPid(), op.getVhostSetVringCall().getTargetFd());
      case VHOST_SET_VRING_ERR ->
          calls.ioctl(
              op, op.getVhostSetVringErr().getPid(), op.getVhostSetVringErr().getTargetFd());
      case VHOST_SET_VRING_BUSYLOOP_TIMEOUT ->
          calls.ioctl(
              op,
              op.getVhostSetVringBusyloopTimeout().getPid(),
              op.getVhostSetVringBusyloopTimeout().getTargetFd());
      case VHOST_GET_VRING_BUSYLOOP_TIMEOUT ->
          calls.ioctl(
              op,
              op.getVhostGetVringBusyloopTimeout().getPid(),
              op.getVhostGetVringBusyloopTimeout().getTargetFd());
      case VHOST_SET_BACKEND_FEATURES ->
          calls.ioctl(
              op,
              op.getVhostSetBackendFeatures().getPid(),
              op.getVhostSetBackendFeatures().getTargetFd());
      case VHOST_GET_BACKEND_FEATURES ->
          calls.ioctl(
              op,
              op.getVhostGetBackendFeatures().getPid(),
              op.getVhostGetBackendFeatures().getTargetFd());
      case VHOST_NET_SET_BACKEND ->
          calls.ioctl(
              op, op.getVhostNetSetBackend().getPid(), op.getVhostNetSetBackend().getTargetFd());
      case VHOST_VDPA_GET_DEVICE_ID ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetDeviceId().getPid(),
              op.getVhostVdpaGetDeviceId().getTargetFd());
      case VHOST_VDPA_GET_STATUS ->
          calls.ioctl(
              op, op.getVhostVdpaGetStatus().getPid(), op.getVhostVdpaGetStatus().getTargetFd());
      case VHOST_VDPA_SET_STATUS ->
          calls.ioctl(
              op, op.getVhostVdpaSetStatus().getPid(), op.getVhostVdpaSetStatus().getTargetFd());
      case VHOST_VDPA_GET_CONFIG ->
          calls.ioctl(
              op, op.getVhostVdpaGetConfig().getPid(), op.getVhostVdpaGetConfig().getTargetFd());
      case VHOST_VDPA_SET_CONFIG ->
          calls.ioctl(
              op, op.getVhostVdpaSetConfig().getPid(), op.getVhostVdpaSetConfig().getTargetFd());
      case VHOST_VDPA_SET_VRING_ENABLE ->
          calls.ioctl(
              op,
              op.getVhostVdpaSetVringEnable().getPid(),
              op.getVhostVdpaSetVringEnable().getTargetFd());
      case VHOST_VDPA_GET_VRING_NUM ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetVringNum().getPid(),
              op.getVhostVdpaGetVringNum().getTargetFd());
      case VHOST_VDPA_SET_CONFIG_CALL ->
          calls.ioctl(
              op,
              op.getVhostVdpaSetConfigCall().getPid(),
              op.getVhostVdpaSetConfigCall().getTargetFd());
      case VHOST_VDPA_GET_IOVA_RANGE ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetIovaRange().getPid(),
              op.getVhostVdpaGetIovaRange().getTargetFd());
      case VHOST_VDPA_GET_CONFIG_SIZE ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetConfigSize().getPid(),
              op.getVhostVdpaGetConfigSize().getTargetFd());
      case VHOST_VDPA_GET_VQS_COUNT ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetVqsCount().getPid(),
              op.getVhostVdpaGetVqsCount().getTargetFd());
      case VHOST_VDPA_GET_GROUP_NUM ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetGroupNum().getPid(),
              op.getVhostVdpaGetGroupNum().getTargetFd());
      case VHOST_VDPA_GET_AS_NUM ->
          calls.ioctl(
              op, op.getVhostVdpaGetAsNum().getPid(), op.getVhostVdpaGetAsNum().getTargetFd());
      case VHOST_VDPA_GET_VRING_GROUP ->
          calls.ioctl(
              op,
              op.getVhostVdpaGetVringGroup().getPid(),
              op.getVhostVdpaGetVringGroup().getTargetFd());
      case VHOST_VDPA_SET_GROUP_ASID ->
          calls.ioctl(
              op,
              op.getVhostVdpaSetGroupAsid().getPid(),
              op.getVhostVdpaSetGroupAsid().getTargetFd());
      case VHOST_VDPA_SUSPEND ->
          calls.ioctl(
              op, op.getVhostVdpaSuspend().getPid(), op.getVhostVdpaSuspend().getTargetFd());

      default -> throw new IllegalStateException(op.getOpCase() + " is no ioctl");
    };
  }
}
