package io.virtrig.cli.conformance;

import io.virtrig.cli.conformance.Outcome.Failed;
import java.util.ArrayList;
import java.util.List;

/**
 * A failure in words: the case and where its expectation comes from, the steps that led there, the
 * step that failed with what was expected and what came, and the emulator's reason. Lines that
 * begin with {@code -} and {@code +} are the difference.
 */
public final class FailureText {

  /** How many steps before the failing one are shown. */
  private static final int CONTEXT = 8;

  private static final int MAX_WIDTH = 240;

  private FailureText() {}

  /** The lines, without colour. */
  public static List<String> lines(CaseName name, Failed failed) {
    List<String> lines = new ArrayList<>();
    lines.add("FAILED " + name.id() + (name.title().isEmpty() ? "" : ": " + name.title()));
    if (!name.why().isEmpty()) {
      lines.add("  why   " + name.why());
    }
    lines.add("  at    " + name.source());
    if (!failed.steps().isEmpty()) {
      addSteps(failed.steps(), lines);
    }
    if (failed.differences().isEmpty()) {
      lines.add("  " + failed.problem());
    }
    for (Difference difference : failed.differences()) {
      lines.add("  - " + difference.what() + ": expected " + difference.expected());
      lines.add("  + " + difference.what() + ": got " + difference.got());
    }
    if (!failed.differences().isEmpty()
        && !failed.steps().isEmpty()
        && !failed.steps().getLast().reason().isEmpty()) {
      lines.add("  emulator's reason: " + failed.steps().getLast().reason());
    }
    return lines;
  }

  private static void addSteps(List<ExecutedStep> steps, List<String> lines) {
    int first = Math.max(0, steps.size() - 1 - CONTEXT);
    if (first > 0) {
      lines.add("    (" + first + " steps before)");
    }
    for (ExecutedStep before : steps.subList(first, steps.size() - 1)) {
      lines.add("    " + label(before) + cut(before.step() + " -> " + before.answer()));
    }
    ExecutedStep last = steps.getLast();
    lines.add("  > " + label(last) + last.step());
    lines.add("    sent  " + cut(last.sent()));
  }

  private static String label(ExecutedStep executed) {
    return "step %-3d ".formatted(executed.step().number());
  }

  private static String cut(String text) {
    return text.length() <= MAX_WIDTH ? text : text.substring(0, MAX_WIDTH) + " …";
  }
}
