package io.virtrig.emulator.spec;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.Shared;
import io.virtrig.emulator.time.CostModel;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * A host's specification, checked and with every default filled in.
 *
 * @param spec the same as a message, as the host's owner sees it
 */
public record HostConfiguration(
    Arch arch,
    CpuVendor cpu,
    UapiProfile uapi,
    Set<String> kvmSeries,
    IommuModel iommuModel,
    List<DeviceConfiguration> devices,
    List<MdevConfiguration> mdevs,
    List<VdpaConfiguration> vdpaDevices,
    List<CcwConfiguration> ccwDevices,
    HostSpec spec)
    implements Shared {

  /** The most devices of a host: a limit of the simulator. */
  private static final int MOST_DEVICES = 1024;

  private static final int MOST_CACHE_ENTRIES = 1 << 20;

  private static final List<String> KVM_SERIES =
      List.of("pci-hole-v1", "pci-hole-v2", "conforming-ops-v3");

  /**
   * Checks a specification.
   *
   * @throws Refused INVALID_ARGUMENT naming the field, or UNIMPLEMENTED for what is not simulated
   */
  public static HostConfiguration of(HostSpec given) {
    Arch arch = choice("spec.arch", given.getArch(), Arch.values(), Arch::label, Arch.X86_64);
    CpuVendor cpu = cpu(arch, given.getCpu());
    KernelSpec kernel = given.getKernel();
    UapiProfile uapi =
        choice(
            "spec.kernel.uapi",
            kernel.getUapi(),
            UapiProfile.values(),
            UapiProfile::label,
            UapiProfile.MAINLINE);
    for (String series : kernel.getKvmSeriesList()) {
      if (!KVM_SERIES.contains(series)) {
        throw Refused.invalid(
            "spec.kernel.kvm_series", "\"" + series + "\" is none of " + KVM_SERIES);
      }
    }
    IommuSpec iommu = given.getIommu();
    IommuModel model =
        choice(
            "spec.iommu.model",
            iommu.getModel(),
            IommuModel.values(),
            IommuModel::label,
            usualIommu(arch, cpu));
    if (arch == Arch.S390X && model != IommuModel.NONE) {
      throw Refused.unimplemented("spec.iommu.model", "zPCI IOMMUs are not simulated");
    }
    if (model == IommuModel.IOMMUFD_SELFTEST) {
      throw Refused.unimplemented("spec.iommu.model", "iommufd is not simulated yet");
    }
    IommuSpec fullIommu = withDefaults(iommu, model);
    if (given.getDevicesCount() > MOST_DEVICES) {
      throw Refused.exhausted("spec.devices", "at most " + MOST_DEVICES + " devices a host");
    }
    List<DeviceConfiguration> devices = new ArrayList<>();
    List<VdpaConfiguration> vdpaDevices = new ArrayList<>();
    List<CcwConfiguration> ccwDevices = new ArrayList<>();
    HostSpec.Builder full =
        HostSpec.newBuilder()
            .setArch(arch.label())
            .setCpu(cpu.label())
            .setKernel(withDefaults(kernel, uapi, cpu))
            .setIommu(fullIommu)
            .putAllCosts(CostModel.of(given).all());
    Set<String> names = new HashSet<>();
    Set<Bdf> addresses = new HashSet<>();
    Set<Integer> ccwGroups = new HashSet<>();
    for (int i = 0; i < given.getDevicesCount(); i++) {
      if (given.getDevices(i).getKind().equals("vdpa")) {
        VdpaConfiguration device =
            VdpaConfiguration.of(
                "spec.devices[" + i + "]", given.getDevices(i), vdpaDevices.size());
        named(names, device.name(), i);
        vdpaDevices.add(device);
        full.addDevices(device.spec());
        continue;
      }
      if (given.getDevices(i).getKind().equals("mdev")) {
        continue;
      }
      if (given.getDevices(i).getKind().equals("ccw")) {
        CcwConfiguration device =
            CcwConfiguration.of("spec.devices[" + i + "]", given.getDevices(i));
        if (arch != Arch.S390X) {
          throw Refused.invalid("spec.devices[" + i + "].kind", "only s390x has channel devices");
        }
        if (!ccwGroups.add(device.group())) {
          throw Refused.invalid(
              "spec.devices[" + i + "].group", "group " + device.group() + " is another device's");
        }
        named(names, device.name(), i);
        ccwDevices.add(device);
        full.addDevices(device.spec());
        continue;
      }
      if (arch == Arch.S390X) {
        throw Refused.unimplemented(
            "spec.devices[" + i + "].kind", "s390x hosts are simulated with channel devices only");
      }
      DeviceConfiguration device =
          DeviceConfiguration.of("spec.devices[" + i + "]", given.getDevices(i));
      named(names, device.name(), i);
      if (!addresses.add(device.bdf())) {
        throw Refused.invalid(
            "spec.devices[" + i + "].bdf", device.bdf() + " is the address of two devices");
      }
      devices.add(device);
      full.addDevices(device.spec());
    }
    List<MdevConfiguration> mdevs = mdevs(given, devices, names);
    mdevs.forEach(mdev -> full.addDevices(mdev.spec()));
    return new HostConfiguration(
        arch,
        cpu,
        uapi,
        Set.copyOf(kernel.getKvmSeriesList()),
        model,
        List.copyOf(devices),
        List.copyOf(mdevs),
        List.copyOf(vdpaDevices),
        List.copyOf(ccwDevices),
        full.build());
  }

  private static void named(Set<String> names, String name, int device) {
    if (!names.add(name)) {
      throw Refused.invalid(
          "spec.devices[" + device + "].name", "\"" + name + "\" names two devices");
    }
  }

  /** Mediated devices, which come after the functions that they are parts of. */
  private static List<MdevConfiguration> mdevs(
      HostSpec given, List<DeviceConfiguration> functions, Set<String> names) {
    List<MdevConfiguration> mdevs = new ArrayList<>();
    for (int i = 0; i < given.getDevicesCount(); i++) {
      DeviceSpec device = given.getDevices(i);
      if (!device.getKind().equals("mdev")) {
        continue;
      }
      String field = "spec.devices[" + i + "]";
      DeviceConfiguration parent =
          functions.stream()
              .filter(each -> each.name().equals(device.getParent()))
              .findFirst()
              .orElseThrow(
                  () ->
                      Refused.invalid(
                          field + ".parent",
                          "\"" + device.getParent() + "\" names no PCI function of the host"));
      MdevConfiguration mdev = MdevConfiguration.of(field, device, parent);
      named(names, mdev.name(), i);
      mdevs.add(mdev);
    }
    return mdevs;
  }

  private static CpuVendor cpu(Arch arch, String given) {
    if (arch == Arch.X86_64) {
      return choice(
          "spec.cpu",
          given,
          new CpuVendor[] {CpuVendor.INTEL, CpuVendor.AMD},
          CpuVendor::label,
          CpuVendor.INTEL);
    }
    if (!given.isEmpty()) {
      throw Refused.invalid("spec.cpu", "only x86_64 has a choice of vendors");
    }
    return CpuVendor.NONE;
  }

  private static IommuModel usualIommu(Arch arch, CpuVendor cpu) {
    if (arch == Arch.AARCH64) {
      return IommuModel.ARM_SMMU_V3;
    }
    if (arch == Arch.S390X) {
      return IommuModel.NONE;
    }
    return cpu == CpuVendor.AMD ? IommuModel.AMD_VI : IommuModel.INTEL_VTD;
  }

  private static KernelSpec withDefaults(KernelSpec given, UapiProfile uapi, CpuVendor cpu) {
    KernelSpec.Builder full = given.toBuilder().setUapi(uapi.label());
    full.setPasidQuota(given.hasPasidQuota() ? given.getPasidQuota() : 1000);
    full.setDmaEntryLimit(given.hasDmaEntryLimit() ? given.getDmaEntryLimit() : 65535);
    boolean sev = cpu == CpuVendor.AMD && given.getSev();
    full.setSev(sev).setSevEs(sev && given.getSevEs());
    full.setCcwFixes(!given.hasCcwFixes() || given.getCcwFixes());
    full.setApicv(!given.hasApicv() || given.getApicv());
    return full.build();
  }

  private static IommuSpec withDefaults(IommuSpec given, IommuModel model) {
    IommuSpec.Builder full = given.toBuilder().setModel(model.label());
    full.setAddressWidth(
        bits(
            "spec.iommu.address_width",
            given.hasAddressWidth(),
            given.getAddressWidth(),
            12,
            64,
            48));
    full.setPasidBits(
        bits("spec.iommu.pasid_bits", given.hasPasidBits(), given.getPasidBits(), 1, 20, 20));
    full.setInterruptRemapping(given.getInterruptRemapping());
    full.setPostedInterrupts(
        given.hasPostedInterrupts() ? given.getPostedInterrupts() : given.getInterruptRemapping());
    full.setCapReg(given.hasCapReg() ? given.getCapReg() : 0x0100000000000000L);
    full.setEcapReg(given.hasEcapReg() ? given.getEcapReg() : 0x198a4000000L);
    full.setNesting(given.getNesting());
    full.setCacheEntries(
        bits(
            "spec.iommu.cache_entries",
            given.hasCacheEntries(),
            given.getCacheEntries(),
            0,
            MOST_CACHE_ENTRIES,
            4096));
    return full.build();
  }

  /** A number from {@code least} to {@code most}, or {@code usual} when none was given. */
  static int bits(String field, boolean present, int given, int least, int most, int usual) {
    if (!present) {
      return usual;
    }
    if (given < least || given > most) {
      throw Refused.invalid(
          field, Integer.toUnsignedString(given) + " is not from " + least + " to " + most);
    }
    return given;
  }

  /** The choice with that label, or {@code usual} for an empty one. */
  static <T> T choice(String field, String given, T[] choices, Function<T, String> label, T usual) {
    if (given.isEmpty()) {
      return usual;
    }
    List<String> labels = new ArrayList<>();
    for (T choice : choices) {
      if (label.apply(choice).equals(given)) {
        return choice;
      }
      labels.add(label.apply(choice));
    }
    throw Refused.invalid(field, "\"" + given + "\" is none of " + labels);
  }

  /** Whether the host's KVM has that series applied. */
  public boolean kvmSeries(String series) {
    return kvmSeries.contains(series);
  }
}
