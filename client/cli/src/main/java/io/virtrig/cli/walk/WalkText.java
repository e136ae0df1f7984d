package io.virtrig.cli.walk;

import io.virtrig.v1.Access;
import io.virtrig.v1.KeptEntry;
import io.virtrig.v1.TranslationFault;
import io.virtrig.v1.Verdict;
import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;
import io.virtrig.v1.WalkStep;

/** A walk as text. */
public final class WalkText {

  private WalkText() {}

  /** The lines. */
  public static String of(WalkRequest request, WalkResponse walk) {
    StringBuilder text = new StringBuilder();
    text.append(title(request)).append("\n\n");
    for (KeptEntry kept : walk.getKeptList()) {
      text.append("kept     ").append(kept(kept)).append('\n');
    }
    int number = 0;
    for (WalkStep step : walk.getWalk().getStepsList()) {
      text.append("%-8d ".formatted(++number)).append(step(step)).append('\n');
    }
    text.append('\n').append("tables   ").append(verdict(walk.getWalk().getVerdict())).append('\n');
    text.append("access   ").append(verdict(walk.getVerdict()));
    if (!walk.getVerdict().equals(walk.getWalk().getVerdict())) {
      text.append("   <- by what is kept, not by the tables");
    }
    return text.append('\n').toString();
  }

  static String title(WalkRequest request) {
    Access access = request.getAccess();
    return (access.getWrite() ? "write of " : "read of ")
        + hex(access.getIova())
        + (access.hasPasid() ? " with PASID " + Integer.toUnsignedString(access.getPasid()) : "")
        + (access.getPrivileged() ? ", privileged," : "")
        + " by "
        + request.getDevice();
  }

  static String kept(KeptEntry kept) {
    return kept.getCache()
        + ": domain "
        + kept.getDomain()
        + (kept.hasSpace() ? ", PASID or ASID " + kept.getSpace() : "")
        + (kept.getSize() == 0
            ? ""
            : ", " + hex(kept.getSize()) + " bytes -> " + hex(kept.getTarget()))
        + (kept.getStale() ? "   STALE: the tables have changed" : "");
  }

  private static String step(WalkStep step) {
    if (step.hasInput()) {
      return "%-20s %s -> %s  %s"
          .formatted(
              step.getStructure(),
              hex(step.getInput()),
              hex(step.getOutput()),
              String.join(", ", step.getBitsList()));
    }
    String where = step.getTable() == 0 ? "word" : "table " + hex(step.getTable());
    return "%-20s %s[%d] = %s  %s"
        .formatted(
            name(step),
            where,
            number(step),
            hex(step.getEntry()),
            String.join(" ", step.getBitsList()));
  }

  static String name(WalkStep step) {
    return step.getStructure() + (step.hasLevel() ? " " + step.getLevel() : "");
  }

  private static long number(WalkStep step) {
    return step.getTable() == 0 ? step.getAddress() / Long.BYTES : step.getIndex();
  }

  static String verdict(Verdict verdict) {
    return switch (verdict.getOutcomeCase()) {
      case TRANSLATED ->
          "physical "
              + hex(verdict.getTranslated().getAddress())
              + ", page of "
              + hex(verdict.getTranslated().getPageSize());
      case FAULT -> fault(verdict.getFault());
      case ABORTED -> "terminated, without an event";
      case INTERRUPT_REQUEST -> "no memory: an interrupt request";
      case OUTCOME_NOT_SET -> "nothing";
    };
  }

  private static String fault(TranslationFault fault) {
    return "blocked: "
        + fault.getName()
        + " ("
        + hex(fault.getCode())
        + ")"
        + (fault.getStructure().isEmpty() ? "" : " in " + fault.getStructure())
        + (fault.hasLevel() ? " " + fault.getLevel() : "")
        + (fault.getRecorded() ? "" : ", not recorded");
  }

  static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
