package io.virtrig.emulator.spec;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.DeviceSpec;
import java.util.regex.Pattern;

/**
 * One channel device of a host's specification, checked.
 *
 * @param name the name that operations use
 * @param group its IOMMU group
 * @param devno the device number
 * @param paths the mask of its paths, 8 bits
 * @param qdio a QDIO device, which vfio-ccw refuses
 * @param cancellable a started program stays start-pending
 * @param auto every program completes at once
 * @param spec the same as a message
 */
public record CcwConfiguration(
    String name,
    int group,
    int devno,
    int paths,
    boolean qdio,
    boolean cancellable,
    boolean auto,
    DeviceSpec spec) {
  private static final String USUAL_SCHID = "0.0.0010";
  private static final int USUAL_DEVNO = 0x1000;
  private static final int USUAL_PATHS = 0x80;
  private static final Pattern SCHID = Pattern.compile("[0-9a-f]{1,2}\\.[0-3]\\.[0-9a-f]{4}");

  static CcwConfiguration of(String field, DeviceSpec given) {
    String schid = given.getSchid().isEmpty() ? USUAL_SCHID : given.getSchid();
    if (!SCHID.matcher(schid).matches()) {
      throw Refused.invalid(
          field + ".schid", "\"" + schid + "\" is no subchannel such as 0.0.0010");
    }
    if (!given.hasGroup() || given.getGroup() < 0) {
      throw Refused.invalid(field + ".group", "a channel device needs its IOMMU group");
    }
    int devno = given.hasDevno() ? given.getDevno() : USUAL_DEVNO;
    if ((devno & ~0xffff) != 0) {
      throw Refused.invalid(
          field + ".devno", "0x" + Integer.toHexString(devno) + " has more than 16 bits");
    }
    int paths = given.hasPaths() ? given.getPaths() : USUAL_PATHS;
    if (paths == 0 || (paths & ~0xff) != 0) {
      throw Refused.invalid(
          field + ".paths", "0x" + Integer.toHexString(paths) + " is no mask of 1 to 8 paths");
    }
    String name = given.getName().isEmpty() ? schid : given.getName();
    DeviceSpec full =
        given.toBuilder().setName(name).setSchid(schid).setDevno(devno).setPaths(paths).build();
    return new CcwConfiguration(
        name,
        given.getGroup(),
        devno,
        paths,
        given.getQdio(),
        given.getCancellable(),
        given.getAuto(),
        full);
  }
}
