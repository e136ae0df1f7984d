package io.virtrig.daemon.programs;

import io.virtrig.daemon.execution.Batch;
import io.virtrig.daemon.execution.FieldPath;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.Parameter;
import io.virtrig.v1.Program;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.Substitution;
import java.util.HashSet;
import java.util.Set;

/** Refuses programs that could not run, before they are stored. */
public final class ProgramCheck {
  private static final int MOST_BYTES = 256 << 10;

  private ProgramCheck() {}

  /**
   * Checks what can be known before the program runs.
   *
   * @throws Refused when it would never run
   */
  public static void check(Program program) {
    if (program.getSerializedSize() > MOST_BYTES) {
      throw Refused.invalid("program", "has more than " + MOST_BYTES + " bytes");
    }
    if (program.getEntriesCount() == 0 || program.getEntriesCount() > Batch.MOST_ENTRIES) {
      throw Refused.invalid("program.entries", "are not 1 to " + Batch.MOST_ENTRIES);
    }
    Set<String> parameters = new HashSet<>();
    for (Parameter parameter : program.getParametersList()) {
      if (parameter.getName().isEmpty() || !parameters.add(parameter.getName())) {
        throw Refused.invalid(
            "program.parameters", "\"" + parameter.getName() + "\" is empty or there twice");
      }
    }
    for (int position = 0; position < program.getEntriesCount(); position++) {
      check(program.getEntries(position), position, parameters);
    }
  }

  private static void check(SubmissionEntry entry, int position, Set<String> parameters) {
    String where = "program.entries[" + position + "]";
    if (!entry.getHost().isEmpty()) {
      throw Refused.invalid(where + ".host", "a program runs on the host it is told, on no other");
    }
    for (Substitution substitution : entry.getSubstitutionsList()) {
      try {
        var _ = FieldPath.of(substitution.getField());
      } catch (IllegalArgumentException e) {
        throw Refused.invalid(where + ".substitutions", String.valueOf(e.getMessage()));
      }
      if (substitution.hasEntry()
          && Integer.compareUnsigned(substitution.getEntry(), position) >= 0) {
        throw Refused.invalid(
            where + ".substitutions",
            "entry " + substitution.getEntry() + " does not come before this one");
      }
      if (substitution.hasArgument() && !parameters.contains(substitution.getArgument())) {
        throw Refused.invalid(
            where + ".substitutions",
            "there is no parameter \"" + substitution.getArgument() + "\"");
      }
    }
  }
}
