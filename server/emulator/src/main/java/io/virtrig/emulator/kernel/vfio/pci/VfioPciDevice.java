package io.virtrig.emulator.kernel.vfio.pci;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.VfioDevice;
import io.virtrig.emulator.kernel.vfio.VfioGroup;
import io.virtrig.emulator.spec.UapiProfile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A PCI function bound to vfio-pci (vfio_pci_ops). */
public final class VfioPciDevice extends VfioDevice {
  private static final String VF_TOKEN = "vf_token=";
  private static final Pattern UUID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}.*");
  private static final int UUID_LENGTH = 36;

  private final PciFunction function;
  private final @Nullable DmaFaultRegions faults;
  private @Nullable VfioPciCoreDevice enabled;

  /** A function of a group. */
  public VfioPciDevice(Kernel kernel, VfioGroup group, PciFunction function) {
    super(kernel, group);
    this.function = function;
    faults =
        kernel.configuration().uapi() == UapiProfile.SMMU_NESTED_V7
            ? new DmaFaultRegions(kernel.events(), function.name())
            : null;
  }

  @Override
  public String name() {
    return function.name();
  }

  /** vfio_pci_core_match; the function's name in the host's specification will do too. */
  @Override
  protected boolean matches(String name) {
    String address = function.configuration().bdf().toString();
    String own = name.startsWith(address) ? address : function.name();
    if (!name.startsWith(own)) {
      return false;
    }
    String options = name.substring(own.length());
    if (!options.isEmpty() && options.charAt(0) != ' ') {
      return false;
    }
    boolean token = false;
    while (!options.isEmpty()) {
      if (options.charAt(0) == ' ') {
        options = options.substring(1);
      } else if (!token && options.startsWith(VF_TOKEN)) {
        options = options.substring(VF_TOKEN.length());
        if (!UUID.matcher(options).matches()) {
          throw KernelError.invalid("vf_token is no UUID: \"" + options + "\"");
        }
        token = true;
        options = options.substring(UUID_LENGTH);
      } else {
        throw KernelError.invalid("unknown or repeated option \"" + options + "\"");
      }
    }
    if (token) {
      throw KernelError.invalid(address + " has no virtual functions: it takes no vf_token");
    }
    return true;
  }

  @Override
  protected void enable() {
    enabled = new VfioPciCoreDevice(kernel(), function, faults);
    if (faults != null) {
      kernel().iommu().faultHandler(function, faults);
    }
  }

  @Override
  protected void disable() {
    if (faults != null) {
      kernel().iommu().faultHandler(function, null);
    }
    core().disable();
    enabled = null;
  }

  private VfioPciCoreDevice core() {
    return Objects.requireNonNull(enabled, "a device without a file is used");
  }

  @Override
  protected Result ioctl(Task caller, Operation operation) {
    return core().ioctl(caller, operation);
  }

  @Override
  protected ByteString pread(long offset, int length) {
    return core().pread(offset, length);
  }

  @Override
  protected long pwrite(long offset, ByteString bytes) {
    return core().pwrite(offset, bytes);
  }

  @Override
  protected DeviceMemory mmap(long offset, long length, int prot) {
    return core().mmap(offset, length);
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("function", function.name());
    if (faults != null) {
      out.child("dma_fault", "", faults);
    }
    if (enabled != null) {
      out.child("enabled", "", enabled);
    }
  }
}
