package io.virtrig.cli;

import io.virtrig.cli.conformance.CaseFiles;
import io.virtrig.cli.conformance.CaseLine;
import io.virtrig.cli.conformance.ConformanceRunner;
import io.virtrig.cli.conformance.JUnitReport;
import io.virtrig.cli.conformance.JsonReport;
import io.virtrig.cli.conformance.Report;
import io.virtrig.client.VirtrigClient;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig conformance run}. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = "Run conformance cases, each on a fresh host.")
final class ConformanceRunCommand implements Callable<Integer> {

  @Parameters(
      paramLabel = "FILES",
      arity = "1..*",
      description = "Case files, and folders to look for *.jsonl in.")
  private List<Path> paths = List.of();

  @Mixin private final NamedOrOwnDaemon daemon = new NamedOrOwnDaemon();

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description =
          "Cases at a time, each on a host. Default: "
              + ConformanceRunner.JOBS_ALONE
              + " on a daemon of the command's own, otherwise "
              + ConformanceRunner.USUAL_JOBS
              + ".")
  private @Nullable Integer jobs;

  @Option(
      names = "--filter",
      paramLabel = "REGEX",
      description = "Only cases whose id it is found in.")
  private Pattern filter = Pattern.compile("");

  @Option(
      names = "--junit",
      paramLabel = "FILE",
      description = "Also write the results as JUnit XML.")
  private @Nullable Path junit;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Also write the counts and failing ids as JSON.")
  private @Nullable Path json;

  @Option(
      names = "--allow-unsupported",
      description = "Unsupported cases do not make the run fail.")
  private boolean allowUnsupported;

  @Option(
      names = {"-q", "--quiet"},
      description = "Print only the summary's last line.")
  private boolean quiet;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException, XMLStreamException {
    if (jobs != null && jobs < 1) {
      throw new ParameterException(Out.command(spec), "--jobs takes a number above 0");
    }
    Report report =
        daemon.use(
            () -> {
              List<CaseLine> cases = cases();
              return (client, alone) -> run(cases, client, atATime(alone));
            });
    write(report);
    new ConformanceSummary(Out.of(spec), Terminal.stdout().palette()).print(report, quiet);
    return report.isClean(allowUnsupported) ? ExitCode.OK : ExitCode.FAILURE;
  }

  private List<CaseLine> cases() throws IOException {
    List<CaseLine> cases =
        CaseFiles.read(paths).stream().filter(line -> filter.matcher(line.id()).find()).toList();
    if (cases.isEmpty()) {
      throw new ParameterException(Out.command(spec), "no case in the files matches");
    }
    return cases;
  }

  private Report run(List<CaseLine> cases, VirtrigClient client, int atATime)
      throws InterruptedException {
    try (ConformanceRunner runner = ConformanceRunner.over(client, atATime);
        Progress progress = Progress.of(cases.size(), quiet, Out.command(spec).getErr())) {
      return runner.run(cases, progress);
    }
  }

  private int atATime(boolean alone) {
    if (jobs != null) {
      return jobs;
    }
    return alone ? ConformanceRunner.JOBS_ALONE : ConformanceRunner.USUAL_JOBS;
  }

  private void write(Report report) throws IOException, XMLStreamException {
    if (json != null) {
      Files.writeString(json, JsonReport.of(report));
    }
    if (junit != null) {
      try (Writer writer = Files.newBufferedWriter(junit)) {
        JUnitReport.write(report, writer);
      }
    }
  }
}
