package io.virtrig.cli;

import io.virtrig.cli.conformance.CaseFiles;
import io.virtrig.cli.conformance.CaseResult;
import io.virtrig.cli.conformance.CaseText;
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
import java.util.concurrent.Future;
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
              + ConformanceRunner.JOBS_OF_A_TENANT
              + " with a token or a client certificate, otherwise "
              + ConformanceRunner.USUAL_JOBS
              + ".")
  private @Nullable Integer jobs;

  @Option(
      names = "--filter",
      paramLabel = "REGEX",
      description = "Only cases whose id it is found in.")
  private @Nullable Pattern filter;

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
    Report report = daemon.use(this::begin);
    write(report);
    new ConformanceSummary(Out.of(spec), Terminal.stdout().palette()).print(report, quiet);
    return report.isClean(allowUnsupported) ? ExitCode.OK : ExitCode.FAILURE;
  }

  private List<CaseText> cases() throws IOException {
    List<CaseText> cases =
        CaseFiles.texts(paths).stream()
            .filter(text -> filter == null || filter.matcher(text.id()).find())
            .toList();
    if (cases.isEmpty()) {
      throw new ParameterException(Out.command(spec), "no case in the files matches");
    }
    return cases;
  }

  private Run begin(boolean tenant) throws IOException {
    List<CaseText> cases = cases();
    Progress progress = Progress.of(cases.size(), quiet, Out.command(spec).getErr());
    ConformanceRunner runner = new ConformanceRunner(atATime(tenant));
    return new Run(runner, progress, runner.begin(cases, progress));
  }

  /** Cases of which the first are prepared while a daemon starts. */
  private record Run(ConformanceRunner runner, Progress progress, List<Future<CaseResult>> results)
      implements NamedOrOwnDaemon.Use<Report> {

    @Override
    public Report with(VirtrigClient client) throws InterruptedException {
      try (runner) {
        runner.connect(client);
        return ConformanceRunner.finished(results);
      }
    }

    @Override
    public void close() {
      try (progress) {
        runner.close();
      }
    }
  }

  private int atATime(boolean tenant) {
    if (jobs != null) {
      return jobs;
    }
    return tenant ? ConformanceRunner.JOBS_OF_A_TENANT : ConformanceRunner.USUAL_JOBS;
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
