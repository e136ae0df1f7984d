package io.virtrig.cli.demo;

import io.virtrig.cli.Palette;
import io.virtrig.cli.conformance.CaseFiles;
import io.virtrig.cli.conformance.CaseLine;
import io.virtrig.cli.conformance.CaseLine.Case;
import io.virtrig.cli.conformance.ConformanceRunner;
import io.virtrig.cli.conformance.ExecutedStep;
import io.virtrig.cli.conformance.Expectation;
import io.virtrig.cli.conformance.FailureText;
import io.virtrig.cli.conformance.Outcome;
import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.cli.conformance.Outcome.Passed;
import io.virtrig.cli.conformance.Outcome.Unsupported;
import io.virtrig.client.VirtrigClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;

/**
 * The demo's story: conformance cases, each a chapter on a host of its own. Being cases, they are
 * checked as they are told; their notes are what the reader is to see in an answer.
 */
final class Story {

  /** The story of two-stage translation. */
  static final String STAGES = "vsva";

  private final String name;
  private final VirtrigClient client;
  private final PrintWriter out;
  private final Palette palette;
  private int steps;

  /**
   * A story.
   *
   * @param name the resource that holds it
   */
  Story(String name, VirtrigClient client, PrintWriter out, Palette palette) {
    this.name = name;
    this.client = client;
    this.out = out;
    this.palette = palette;
  }

  /**
   * Tells it.
   *
   * @return whether every answer was as told
   */
  boolean tell() throws IOException {
    int number = 0;
    for (CaseLine line : chapters()) {
      Case chapter = (Case) line;
      number++;
      out.println();
      out.println(palette.strong(number + ". " + chapter.name().title()));
      out.println(palette.faint("   host " + chapter.host() + ", as " + chapter.name().why()));
      out.println();
      Outcome outcome;
      try (DescribedHosts hosts = new DescribedHosts(client, out, palette, name.equals(STAGES))) {
        outcome =
            ConformanceRunner.run(
                chapter,
                hosts,
                done -> {
                  show(done);
                  hosts.stepped();
                });
      }
      if (!(outcome instanceof Passed)) {
        complain(chapter, outcome);
        return false;
      }
    }
    out.println();
    out.println(palette.good("✔") + " " + steps + " operations, every answer as Linux gives it.");
    whatNext();
    out.flush();
    return true;
  }

  private List<CaseLine> chapters() throws IOException {
    String file = name.equals("demo") ? "demo.jsonl" : "demo-" + name + ".jsonl";
    return CaseFiles.readResource("demo", Story.class, file);
  }

  private void show(ExecutedStep done) {
    steps++;
    out.println("   " + CallText.of(done.step(), palette));
    boolean success = done.answer().startsWith(Expectation.OK);
    String text = AnswerText.of(done.answer());
    String answer = success ? palette.good(text) : palette.notable(text);
    String why = success ? done.step().expect().note() : done.reason();
    out.println("     → " + answer + (why.isEmpty() ? "" : palette.faint(" — ") + why));
    out.flush();
  }

  private void complain(Case chapter, Outcome outcome) {
    out.println();
    switch (outcome) {
      case Failed failed ->
          FailureText.lines(chapter.name(), failed).forEach(line -> out.println(palette.bad(line)));
      case Unsupported unsupported ->
          out.println(palette.bad("   not supported: " + unsupported.reason()));
      case Passed _ -> throw new IllegalStateException("nothing to complain about");
    }
    out.flush();
  }

  private void whatNext() {
    out.println();
    out.println(palette.strong("Three things to try next"));
    next(
        "./virtrig daemon",
        "a daemon that stays, on 127.0.0.1:7473; leave it running and use another terminal");
    next(
        "./virtrig host create --id rig && ./virtrig call rig open '{\"path\": \"/dev/kvm\"}'",
        "drive it by hand");
    next(
        "./virtrig conformance run FILES",
        "your own cases, in the form that docs/cli.md describes");
  }

  private void next(String command, String what) {
    out.println("   " + palette.name(command));
    out.println("       " + what);
  }
}
