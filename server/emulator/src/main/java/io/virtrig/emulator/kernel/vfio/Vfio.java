package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.css.Subchannel;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** The nodes under {@code /dev/vfio} (drivers/vfio/vfio_main.c, container.c). */
public final class Vfio implements Stateful {
  private final Kernel kernel;
  private final VfioMms mms;
  private final LostPins lost = new LostPins();
  private final TreeMap<Integer, VfioGroup> groups = new TreeMap<>();

  /** Makes the groups that the host's devices form. */
  public Vfio(Kernel kernel) {
    this.kernel = kernel;
    mms = new VfioMms(kernel);
    if (kernel.machine().iommu().present()) {
      for (int number : groupNumbers()) {
        groups.put(
            number,
            new VfioGroup(
                kernel,
                number,
                kernel.machine().functions().stream()
                    .filter(function -> function.configuration().group() == number)
                    .toList(),
                kernel.machine().interfaces().stream()
                    .filter(part -> part.configuration().group() == number)
                    .toList()));
      }
    }
    for (Subchannel subchannel : kernel.machine().subchannels()) {
      int number = subchannel.configuration().group();
      groups.put(number, new VfioGroup(kernel, number, subchannel));
    }
  }

  private SortedSet<Integer> groupNumbers() {
    SortedSet<Integer> numbers = new TreeSet<>();
    kernel.machine().functions().forEach(each -> numbers.add(each.configuration().group()));
    kernel.machine().interfaces().forEach(each -> numbers.add(each.configuration().group()));
    return numbers.tailSet(0);
  }

  /** Opens {@code /dev/vfio/vfio}: a new container. */
  public OpenFile openContainer() {
    return new VfioContainer(kernel, mms, lost);
  }

  /**
   * Opens a group.
   *
   * @param name what follows {@code /dev/vfio/}
   * @throws KernelError ENOENT where there is no such node; EBUSY while it is open
   */
  public OpenFile openGroup(String name) {
    for (VfioGroup group : groups.values()) {
      if (group.isNode() && name.equals(Integer.toString(group.number()))) {
        return group.open();
      }
    }
    throw new KernelError(
        Errno.ENOENT, "no IOMMU group \"" + name + "\" has a device bound to a vfio driver");
  }

  /** Guest pages pinned one by one, by all containers or in vain. */
  public long pinnedPages() {
    long pages = lost.pages();
    for (EmulatedPins pins : pins()) {
      pages += pins.pages();
    }
    return pages;
  }

  /** Those that a process mapped. */
  public long pinnedPages(int pid) {
    long pages = 0;
    for (EmulatedPins pins : pins()) {
      pages += pins.pages(pid);
    }
    return pages;
  }

  /** Those of a container; -1 for a file that is none. */
  public static long pinnedPages(OpenFile file) {
    if (!(file instanceof VfioContainer container)) {
      return -1;
    }
    return container.backEnd() == null ? 0 : container.backEnd().pins().pages();
  }

  private List<EmulatedPins> pins() {
    List<EmulatedPins> all = new ArrayList<>();
    for (VfioGroup group : groups.values()) {
      VfioContainer container = group.container();
      if (container != null && container.backEnd() != null) {
        EmulatedPins pins = container.backEnd().pins();
        if (!all.contains(pins)) {
          all.add(pins);
        }
      }
    }
    return all;
  }

  @Override
  public void writeState(StateWriter out) {
    groups.forEach((number, group) -> out.shared("group", group));
    out.child("pasids", "", mms);
    out.number("lost_pins", lost.pages());
  }
}
