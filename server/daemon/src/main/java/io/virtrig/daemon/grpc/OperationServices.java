package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.virtrig.daemon.execution.OperationExecutor;
import io.virtrig.v1.GuestServiceGrpc;
import io.virtrig.v1.HardwareServiceGrpc;
import io.virtrig.v1.InspectionServiceGrpc;
import io.virtrig.v1.IoasidServiceGrpc;
import io.virtrig.v1.KvmServiceGrpc;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessServiceGrpc;
import io.virtrig.v1.Result;
import io.virtrig.v1.VdpaServiceGrpc;
import io.virtrig.v1.VfioServiceGrpc;
import io.virtrig.v1.VmmServiceGrpc;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * The typed services: each method is an operation of the same name. A line says how its request
 * becomes the operation, and how the result gives its response.
 */
final class OperationServices {
  private final OperationExecutor executor;
  private final Callers callers;

  OperationServices(OperationExecutor executor, Callers callers) {
    this.executor = executor;
    this.callers = callers;
  }

  List<ServerServiceDefinition> all() {
    return List.of(
        process(), hardware(), guest(), inspection(), vfio(), ioasid(), kvm(), vdpa(), vmm());
  }

  private ServerServiceDefinition process() {
    return new Service(ProcessServiceGrpc.getServiceDescriptor())
        .method(
            ProcessServiceGrpc.getProcessMethod(),
            r -> r.getHost(),
            Operation.Builder::setProcess,
            Result::getProcess)
        .method(
            ProcessServiceGrpc.getExitMethod(),
            r -> r.getHost(),
            Operation.Builder::setExit,
            Result::getExit)
        .method(
            ProcessServiceGrpc.getOpenMethod(),
            r -> r.getHost(),
            Operation.Builder::setOpen,
            Result::getOpen)
        .method(
            ProcessServiceGrpc.getCloseMethod(),
            r -> r.getHost(),
            Operation.Builder::setClose,
            Result::getClose)
        .method(
            ProcessServiceGrpc.getEventfdMethod(),
            r -> r.getHost(),
            Operation.Builder::setEventfd,
            Result::getEventfd)
        .method(
            ProcessServiceGrpc.getReadMethod(),
            r -> r.getHost(),
            Operation.Builder::setRead,
            Result::getRead)
        .method(
            ProcessServiceGrpc.getWriteMethod(),
            r -> r.getHost(),
            Operation.Builder::setWrite,
            Result::getWrite)
        .method(
            ProcessServiceGrpc.getMmapMethod(),
            r -> r.getHost(),
            Operation.Builder::setMmap,
            Result::getMmap)
        .method(
            ProcessServiceGrpc.getMunmapMethod(),
            r -> r.getHost(),
            Operation.Builder::setMunmap,
            Result::getMunmap)
        .method(
            ProcessServiceGrpc.getStoreMethod(),
            r -> r.getHost(),
            Operation.Builder::setStore,
            Result::getStore)
        .method(
            ProcessServiceGrpc.getLoadMethod(),
            r -> r.getHost(),
            Operation.Builder::setLoad,
            Result::getLoad)
        .method(
            ProcessServiceGrpc.getPreadMethod(),
            r -> r.getHost(),
            Operation.Builder::setPread,
            Result::getPread)
        .method(
            ProcessServiceGrpc.getPwriteMethod(),
            r -> r.getHost(),
            Operation.Builder::setPwrite,
            Result::getPwrite)
        .build();
  }

  private ServerServiceDefinition hardware() {
    return new Service(HardwareServiceGrpc.getServiceDescriptor())
        .method(
            HardwareServiceGrpc.getHwDmaReadMethod(),
            r -> r.getHost(),
            Operation.Builder::setHwDmaRead,
            Result::getHwDmaRead)
        .method(
            HardwareServiceGrpc.getHwDmaWriteMethod(),
            r -> r.getHost(),
            Operation.Builder::setHwDmaWrite,
            Result::getHwDmaWrite)
        .method(
            HardwareServiceGrpc.getHwRaiseIrqMethod(),
            r -> r.getHost(),
            Operation.Builder::setHwRaiseIrq,
            Result::getHwRaiseIrq)
        .method(
            HardwareServiceGrpc.getHwLowerIrqMethod(),
            r -> r.getHost(),
            Operation.Builder::setHwLowerIrq,
            Result::getHwLowerIrq)
        .method(
            HardwareServiceGrpc.getHwPageRequestMethod(),
            r -> r.getHost(),
            Operation.Builder::setHwPageRequest,
            Result::getHwPageRequest)
        .method(
            HardwareServiceGrpc.getHwFailMethod(),
            r -> r.getHost(),
            Operation.Builder::setHwFail,
            Result::getHwFail)
        .method(
            HardwareServiceGrpc.getHwCompleteMethod(),
            r -> r.getHost(),
            Operation.Builder::setHwComplete,
            Result::getHwComplete)
        .method(
            HardwareServiceGrpc.getHwUnsolicitedMethod(),
            r -> r.getHost(),
            Operation.Builder::setHwUnsolicited,
            Result::getHwUnsolicited)
        .method(
            HardwareServiceGrpc.getHwPathMethod(),
            r -> r.getHost(),
            Operation.Builder::setHwPath,
            Result::getHwPath)
        .build();
  }

  private ServerServiceDefinition inspection() {
    return new Service(InspectionServiceGrpc.getServiceDescriptor())
        .method(
            InspectionServiceGrpc.getHostIrqbypassMethod(),
            r -> r.getHost(),
            Operation.Builder::setHostIrqbypass,
            Result::getHostIrqbypass)
        .method(
            InspectionServiceGrpc.getHostTimeMethod(),
            r -> r.getHost(),
            Operation.Builder::setHostTime,
            Result::getHostTime)
        .method(
            InspectionServiceGrpc.getHostPinnedPagesMethod(),
            r -> r.getHost(),
            Operation.Builder::setHostPinnedPages,
            Result::getHostPinnedPages)
        .method(
            InspectionServiceGrpc.getHostCcwMethod(),
            r -> r.getHost(),
            Operation.Builder::setHostCcw,
            Result::getHostCcw)
        .method(
            InspectionServiceGrpc.getHostX86OpsMethod(),
            r -> r.getHost(),
            Operation.Builder::setHostX86Ops,
            Result::getHostX86Ops)
        .build();
  }

  private ServerServiceDefinition guest() {
    return new Service(GuestServiceGrpc.getServiceDescriptor())
        .method(
            GuestServiceGrpc.getGuestReadMethod(),
            r -> r.getHost(),
            Operation.Builder::setGuestRead,
            Result::getGuestRead)
        .method(
            GuestServiceGrpc.getGuestWriteMethod(),
            r -> r.getHost(),
            Operation.Builder::setGuestWrite,
            Result::getGuestWrite)
        .method(
            GuestServiceGrpc.getGuestIrqsMethod(),
            r -> r.getHost(),
            Operation.Builder::setGuestIrqs,
            Result::getGuestIrqs)
        .build();
  }

  private ServerServiceDefinition vfio() {
    return new Service(VfioServiceGrpc.getServiceDescriptor())
        .method(
            VfioServiceGrpc.getVfioGetApiVersionMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioGetApiVersion,
            Result::getVfioGetApiVersion)
        .method(
            VfioServiceGrpc.getVfioCheckExtensionMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioCheckExtension,
            Result::getVfioCheckExtension)
        .method(
            VfioServiceGrpc.getVfioSetIommuMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioSetIommu,
            Result::getVfioSetIommu)
        .method(
            VfioServiceGrpc.getVfioGroupGetStatusMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioGroupGetStatus,
            Result::getVfioGroupGetStatus)
        .method(
            VfioServiceGrpc.getVfioGroupSetContainerMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioGroupSetContainer,
            Result::getVfioGroupSetContainer)
        .method(
            VfioServiceGrpc.getVfioGroupUnsetContainerMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioGroupUnsetContainer,
            Result::getVfioGroupUnsetContainer)
        .method(
            VfioServiceGrpc.getVfioGroupGetDeviceFdMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioGroupGetDeviceFd,
            Result::getVfioGroupGetDeviceFd)
        .method(
            VfioServiceGrpc.getVfioDeviceGetInfoMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioDeviceGetInfo,
            Result::getVfioDeviceGetInfo)
        .method(
            VfioServiceGrpc.getVfioDeviceGetRegionInfoMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioDeviceGetRegionInfo,
            Result::getVfioDeviceGetRegionInfo)
        .method(
            VfioServiceGrpc.getVfioDeviceGetIrqInfoMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioDeviceGetIrqInfo,
            Result::getVfioDeviceGetIrqInfo)
        .method(
            VfioServiceGrpc.getVfioDeviceSetIrqsMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioDeviceSetIrqs,
            Result::getVfioDeviceSetIrqs)
        .method(
            VfioServiceGrpc.getVfioDeviceResetMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioDeviceReset,
            Result::getVfioDeviceReset)
        .method(
            VfioServiceGrpc.getVfioDeviceGetPciHotResetInfoMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioDeviceGetPciHotResetInfo,
            Result::getVfioDeviceGetPciHotResetInfo)
        .method(
            VfioServiceGrpc.getVfioDevicePciHotResetMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioDevicePciHotReset,
            Result::getVfioDevicePciHotReset)
        .method(
            VfioServiceGrpc.getVfioDeviceFeatureMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioDeviceFeature,
            Result::getVfioDeviceFeature)
        .method(
            VfioServiceGrpc.getVfioIommuGetInfoMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuGetInfo,
            Result::getVfioIommuGetInfo)
        .method(
            VfioServiceGrpc.getVfioIommuMapDmaMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuMapDma,
            Result::getVfioIommuMapDma)
        .method(
            VfioServiceGrpc.getVfioIommuUnmapDmaMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuUnmapDma,
            Result::getVfioIommuUnmapDma)
        .method(
            VfioServiceGrpc.getVfioIommuEnableMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuEnable,
            Result::getVfioIommuEnable)
        .method(
            VfioServiceGrpc.getVfioIommuDisableMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuDisable,
            Result::getVfioIommuDisable)
        .method(
            VfioServiceGrpc.getVfioIommuDirtyPagesMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuDirtyPages,
            Result::getVfioIommuDirtyPages)
        .method(
            VfioServiceGrpc.getVfioIommuPasidRequestMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuPasidRequest,
            Result::getVfioIommuPasidRequest)
        .method(
            VfioServiceGrpc.getVfioIommuNestingOpMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuNestingOp,
            Result::getVfioIommuNestingOp)
        .method(
            VfioServiceGrpc.getVfioIommuAttachPasidTableMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuAttachPasidTable,
            Result::getVfioIommuAttachPasidTable)
        .method(
            VfioServiceGrpc.getVfioIommuDetachPasidTableMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuDetachPasidTable,
            Result::getVfioIommuDetachPasidTable)
        .method(
            VfioServiceGrpc.getVfioIommuCacheInvalidateMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuCacheInvalidate,
            Result::getVfioIommuCacheInvalidate)
        .method(
            VfioServiceGrpc.getVfioIommuBindMsiMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuBindMsi,
            Result::getVfioIommuBindMsi)
        .method(
            VfioServiceGrpc.getVfioIommuUnbindMsiMethod(),
            r -> r.getHost(),
            Operation.Builder::setVfioIommuUnbindMsi,
            Result::getVfioIommuUnbindMsi)
        .method(
            VfioServiceGrpc.getVhostSetOwnerMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetOwner,
            Result::getVhostSetOwner)
        .build();
  }

  private ServerServiceDefinition ioasid() {
    return new Service(IoasidServiceGrpc.getServiceDescriptor())
        .method(
            IoasidServiceGrpc.getIoasidGetApiVersionMethod(),
            r -> r.getHost(),
            Operation.Builder::setIoasidGetApiVersion,
            Result::getIoasidGetApiVersion)
        .method(
            IoasidServiceGrpc.getIoasidGetInfoMethod(),
            r -> r.getHost(),
            Operation.Builder::setIoasidGetInfo,
            Result::getIoasidGetInfo)
        .method(
            IoasidServiceGrpc.getIoasidRequestAllocMethod(),
            r -> r.getHost(),
            Operation.Builder::setIoasidRequestAlloc,
            Result::getIoasidRequestAlloc)
        .method(
            IoasidServiceGrpc.getIoasidRequestFreeMethod(),
            r -> r.getHost(),
            Operation.Builder::setIoasidRequestFree,
            Result::getIoasidRequestFree)
        .build();
  }

  private ServerServiceDefinition vmm() {
    return new Service(VmmServiceGrpc.getServiceDescriptor())
        .method(
            VmmServiceGrpc.getVmmStartMethod(),
            r -> r.getHost(),
            Operation.Builder::setVmmStart,
            Result::getVmmStart)
        .method(
            VmmServiceGrpc.getVmmDeviceAddMethod(),
            r -> r.getHost(),
            Operation.Builder::setVmmDeviceAdd,
            Result::getVmmDeviceAdd)
        .method(
            VmmServiceGrpc.getVmmDeviceDelMethod(),
            r -> r.getHost(),
            Operation.Builder::setVmmDeviceDel,
            Result::getVmmDeviceDel)
        .method(
            VmmServiceGrpc.getVmmMmioReadMethod(),
            r -> r.getHost(),
            Operation.Builder::setVmmMmioRead,
            Result::getVmmMmioRead)
        .method(
            VmmServiceGrpc.getVmmMmioWriteMethod(),
            r -> r.getHost(),
            Operation.Builder::setVmmMmioWrite,
            Result::getVmmMmioWrite)
        .method(
            VmmServiceGrpc.getVmmResetMethod(),
            r -> r.getHost(),
            Operation.Builder::setVmmReset,
            Result::getVmmReset)
        .method(
            VmmServiceGrpc.getVmmStopMethod(),
            r -> r.getHost(),
            Operation.Builder::setVmmStop,
            Result::getVmmStop)
        .method(
            VmmServiceGrpc.getVmmFdsMethod(),
            r -> r.getHost(),
            Operation.Builder::setVmmFds,
            Result::getVmmFds)
        .method(
            VmmServiceGrpc.getGuestConfigReadMethod(),
            r -> r.getHost(),
            Operation.Builder::setGuestConfigRead,
            Result::getGuestConfigRead)
        .method(
            VmmServiceGrpc.getGuestConfigWriteMethod(),
            r -> r.getHost(),
            Operation.Builder::setGuestConfigWrite,
            Result::getGuestConfigWrite)
        .method(
            VmmServiceGrpc.getGuestVectorWriteMethod(),
            r -> r.getHost(),
            Operation.Builder::setGuestVectorWrite,
            Result::getGuestVectorWrite)
        .build();
  }

  private ServerServiceDefinition kvm() {
    return new Service(KvmServiceGrpc.getServiceDescriptor())
        .method(
            KvmServiceGrpc.getKvmGetApiVersionMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmGetApiVersion,
            Result::getKvmGetApiVersion)
        .method(
            KvmServiceGrpc.getKvmCreateVmMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmCreateVm,
            Result::getKvmCreateVm)
        .method(
            KvmServiceGrpc.getKvmCheckExtensionMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmCheckExtension,
            Result::getKvmCheckExtension)
        .method(
            KvmServiceGrpc.getKvmGetVcpuMmapSizeMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmGetVcpuMmapSize,
            Result::getKvmGetVcpuMmapSize)
        .method(
            KvmServiceGrpc.getKvmCreateVcpuMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmCreateVcpu,
            Result::getKvmCreateVcpu)
        .method(
            KvmServiceGrpc.getKvmSetBootCpuIdMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmSetBootCpuId,
            Result::getKvmSetBootCpuId)
        .method(
            KvmServiceGrpc.getKvmCreateIrqchipMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmCreateIrqchip,
            Result::getKvmCreateIrqchip)
        .method(
            KvmServiceGrpc.getKvmEnableCapMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmEnableCap,
            Result::getKvmEnableCap)
        .method(
            KvmServiceGrpc.getKvmSetUserMemoryRegionMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmSetUserMemoryRegion,
            Result::getKvmSetUserMemoryRegion)
        .method(
            KvmServiceGrpc.getKvmGetDirtyLogMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmGetDirtyLog,
            Result::getKvmGetDirtyLog)
        .method(
            KvmServiceGrpc.getKvmClearDirtyLogMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmClearDirtyLog,
            Result::getKvmClearDirtyLog)
        .method(
            KvmServiceGrpc.getKvmIrqfdMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmIrqfd,
            Result::getKvmIrqfd)
        .method(
            KvmServiceGrpc.getKvmIoeventfdMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmIoeventfd,
            Result::getKvmIoeventfd)
        .method(
            KvmServiceGrpc.getKvmSetGsiRoutingMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmSetGsiRouting,
            Result::getKvmSetGsiRouting)
        .method(
            KvmServiceGrpc.getKvmIrqLineMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmIrqLine,
            Result::getKvmIrqLine)
        .method(
            KvmServiceGrpc.getKvmIrqLineStatusMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmIrqLineStatus,
            Result::getKvmIrqLineStatus)
        .method(
            KvmServiceGrpc.getKvmSignalMsiMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmSignalMsi,
            Result::getKvmSignalMsi)
        .method(
            KvmServiceGrpc.getKvmGetIrqchipMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmGetIrqchip,
            Result::getKvmGetIrqchip)
        .method(
            KvmServiceGrpc.getKvmGetLapicMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmGetLapic,
            Result::getKvmGetLapic)
        .method(
            KvmServiceGrpc.getKvmSetLapicMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmSetLapic,
            Result::getKvmSetLapic)
        .method(
            KvmServiceGrpc.getKvmRegisterCoalescedMmioMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmRegisterCoalescedMmio,
            Result::getKvmRegisterCoalescedMmio)
        .method(
            KvmServiceGrpc.getKvmUnregisterCoalescedMmioMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmUnregisterCoalescedMmio,
            Result::getKvmUnregisterCoalescedMmio)
        .method(
            KvmServiceGrpc.getKvmCreateDeviceMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmCreateDevice,
            Result::getKvmCreateDevice)
        .method(
            KvmServiceGrpc.getKvmHasDeviceAttrMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmHasDeviceAttr,
            Result::getKvmHasDeviceAttr)
        .method(
            KvmServiceGrpc.getKvmSetDeviceAttrMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmSetDeviceAttr,
            Result::getKvmSetDeviceAttr)
        .method(
            KvmServiceGrpc.getKvmMemoryEncryptOpMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmMemoryEncryptOp,
            Result::getKvmMemoryEncryptOp)
        .method(
            KvmServiceGrpc.getKvmMemoryEncryptRegRegionMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmMemoryEncryptRegRegion,
            Result::getKvmMemoryEncryptRegRegion)
        .method(
            KvmServiceGrpc.getKvmMemoryEncryptUnregRegionMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmMemoryEncryptUnregRegion,
            Result::getKvmMemoryEncryptUnregRegion)
        .method(
            KvmServiceGrpc.getKvmMemEncOpMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmMemEncOp,
            Result::getKvmMemEncOp)
        .method(
            KvmServiceGrpc.getKvmMemEncRegisterRegionMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmMemEncRegisterRegion,
            Result::getKvmMemEncRegisterRegion)
        .method(
            KvmServiceGrpc.getKvmMemEncUnregisterRegionMethod(),
            r -> r.getHost(),
            Operation.Builder::setKvmMemEncUnregisterRegion,
            Result::getKvmMemEncUnregisterRegion)
        .build();
  }

  private ServerServiceDefinition vdpa() {
    return new Service(VdpaServiceGrpc.getServiceDescriptor())
        .method(
            VdpaServiceGrpc.getVhostGetFeaturesMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostGetFeatures,
            Result::getVhostGetFeatures)
        .method(
            VdpaServiceGrpc.getVhostSetFeaturesMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetFeatures,
            Result::getVhostSetFeatures)
        .method(
            VdpaServiceGrpc.getVhostResetOwnerMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostResetOwner,
            Result::getVhostResetOwner)
        .method(
            VdpaServiceGrpc.getVhostSetMemTableMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetMemTable,
            Result::getVhostSetMemTable)
        .method(
            VdpaServiceGrpc.getVhostSetLogBaseMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetLogBase,
            Result::getVhostSetLogBase)
        .method(
            VdpaServiceGrpc.getVhostSetLogFdMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetLogFd,
            Result::getVhostSetLogFd)
        .method(
            VdpaServiceGrpc.getVhostSetVringNumMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetVringNum,
            Result::getVhostSetVringNum)
        .method(
            VdpaServiceGrpc.getVhostSetVringAddrMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetVringAddr,
            Result::getVhostSetVringAddr)
        .method(
            VdpaServiceGrpc.getVhostSetVringBaseMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetVringBase,
            Result::getVhostSetVringBase)
        .method(
            VdpaServiceGrpc.getVhostGetVringBaseMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostGetVringBase,
            Result::getVhostGetVringBase)
        .method(
            VdpaServiceGrpc.getVhostSetVringEndianMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetVringEndian,
            Result::getVhostSetVringEndian)
        .method(
            VdpaServiceGrpc.getVhostGetVringEndianMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostGetVringEndian,
            Result::getVhostGetVringEndian)
        .method(
            VdpaServiceGrpc.getVhostSetVringKickMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetVringKick,
            Result::getVhostSetVringKick)
        .method(
            VdpaServiceGrpc.getVhostSetVringCallMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetVringCall,
            Result::getVhostSetVringCall)
        .method(
            VdpaServiceGrpc.getVhostSetVringErrMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetVringErr,
            Result::getVhostSetVringErr)
        .method(
            VdpaServiceGrpc.getVhostSetVringBusyloopTimeoutMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetVringBusyloopTimeout,
            Result::getVhostSetVringBusyloopTimeout)
        .method(
            VdpaServiceGrpc.getVhostGetVringBusyloopTimeoutMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostGetVringBusyloopTimeout,
            Result::getVhostGetVringBusyloopTimeout)
        .method(
            VdpaServiceGrpc.getVhostSetBackendFeaturesMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostSetBackendFeatures,
            Result::getVhostSetBackendFeatures)
        .method(
            VdpaServiceGrpc.getVhostGetBackendFeaturesMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostGetBackendFeatures,
            Result::getVhostGetBackendFeatures)
        .method(
            VdpaServiceGrpc.getVhostNetSetBackendMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostNetSetBackend,
            Result::getVhostNetSetBackend)
        .method(
            VdpaServiceGrpc.getVhostVdpaGetDeviceIdMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaGetDeviceId,
            Result::getVhostVdpaGetDeviceId)
        .method(
            VdpaServiceGrpc.getVhostVdpaGetStatusMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaGetStatus,
            Result::getVhostVdpaGetStatus)
        .method(
            VdpaServiceGrpc.getVhostVdpaSetStatusMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaSetStatus,
            Result::getVhostVdpaSetStatus)
        .method(
            VdpaServiceGrpc.getVhostVdpaGetConfigMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaGetConfig,
            Result::getVhostVdpaGetConfig)
        .method(
            VdpaServiceGrpc.getVhostVdpaSetConfigMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaSetConfig,
            Result::getVhostVdpaSetConfig)
        .method(
            VdpaServiceGrpc.getVhostVdpaSetVringEnableMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaSetVringEnable,
            Result::getVhostVdpaSetVringEnable)
        .method(
            VdpaServiceGrpc.getVhostVdpaGetVringNumMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaGetVringNum,
            Result::getVhostVdpaGetVringNum)
        .method(
            VdpaServiceGrpc.getVhostVdpaSetConfigCallMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaSetConfigCall,
            Result::getVhostVdpaSetConfigCall)
        .method(
            VdpaServiceGrpc.getVhostVdpaGetIovaRangeMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaGetIovaRange,
            Result::getVhostVdpaGetIovaRange)
        .method(
            VdpaServiceGrpc.getVhostVdpaGetConfigSizeMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaGetConfigSize,
            Result::getVhostVdpaGetConfigSize)
        .method(
            VdpaServiceGrpc.getVhostVdpaGetVqsCountMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaGetVqsCount,
            Result::getVhostVdpaGetVqsCount)
        .method(
            VdpaServiceGrpc.getVhostVdpaGetGroupNumMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaGetGroupNum,
            Result::getVhostVdpaGetGroupNum)
        .method(
            VdpaServiceGrpc.getVhostVdpaGetAsNumMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaGetAsNum,
            Result::getVhostVdpaGetAsNum)
        .method(
            VdpaServiceGrpc.getVhostVdpaGetVringGroupMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaGetVringGroup,
            Result::getVhostVdpaGetVringGroup)
        .method(
            VdpaServiceGrpc.getVhostVdpaSetGroupAsidMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaSetGroupAsid,
            Result::getVhostVdpaSetGroupAsid)
        .method(
            VdpaServiceGrpc.getVhostVdpaSuspendMethod(),
            r -> r.getHost(),
            Operation.Builder::setVhostVdpaSuspend,
            Result::getVhostVdpaSuspend)
        .build();
  }

  /** Binds the methods of one service. */
  private final class Service {
    private final ServiceBinding binding;

    Service(ServiceDescriptor descriptor) {
      binding = new ServiceBinding(descriptor, callers);
    }

    <Q, A> Service method(
        MethodDescriptor<Q, A> method,
        Function<Q, String> host,
        BiFunction<Operation.Builder, Q, Operation.Builder> operation,
        Function<Result, A> response) {
      binding.method(
          method,
          (caller, request) -> {
            String name = host.apply(request);
            if (name.isEmpty()) {
              throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
            }
            Result result =
                executor.execute(
                    caller.tenant().hosts().get(name),
                    operation.apply(Operation.newBuilder(), request).build());
            if (result.hasErrno() || result.hasRefusal()) {
              throw Statuses.of(result);
            }
            return response.apply(result);
          });
      return this;
    }

    ServerServiceDefinition build() {
      return binding.build();
    }
  }
}
