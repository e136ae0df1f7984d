package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.cli.LocalDaemon;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The recorded cases against a daemon, over gRPC. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServedCasesTest {

  /** Areas, and files of areas, of which every case passes. */
  private static final List<String> COMPLETE =
      List.of(
          "vfio",
          "vfio-pci",
          "pasid-cap",
          "irqbypass",
          "kvm/system.jsonl",
          "kvm/memslot.jsonl",
          "kvm/dirty.jsonl",
          "kvm/guest.jsonl",
          "kvm/pci-hole.jsonl",
          "kvm/irqfd.jsonl",
          "kvm/ioeventfd.jsonl",
          "kvm/routing.jsonl",
          "kvm/irqline.jsonl",
          "kvm/msi.jsonl",
          "kvm/deliver.jsonl",
          "kvm/kvmvfio.jsonl",
          "kvm/coalesced.jsonl",
          "kvm/random-mem.jsonl",
          "kvm/random-dirty.jsonl",
          "kvm/random-irq.jsonl",
          "kvm/random-all.jsonl",
          "vdpa",
          "vdpa-irq",
          "virtqueue",
          "walk",
          "qi",
          "vsva",
          "smmu-nested",
          "ccw",
          "kvm/sev.jsonl",
          "kvm/memenc.jsonl",
          "viommu");

  private @Nullable LocalDaemon daemon;
  private VirtrigClient client;
  private List<CaseText> texts;
  private List<CaseLine> cases;

  @BeforeAll
  void start() throws IOException {
    Path folder = SharedCases.folder();
    daemon = LocalDaemon.start();
    client = daemon.connect();
    texts = CaseFiles.texts(COMPLETE.stream().map(folder::resolve).toList());
    cases = texts.stream().map(CaseText::read).toList();
    assertThat(cases).hasSizeGreaterThan(500);
  }

  @AfterAll
  void stop() {
    if (daemon != null) {
      client.close();
      daemon.close();
    }
  }

  @Test
  void everyCasePasses() throws InterruptedException {
    Report report;
    try (ConformanceRunner runner = ConformanceRunner.over(client)) {
      report = runner.run(texts, result -> {});
    }
    assertThat(
            report.failures().stream()
                .flatMap(
                    failure -> FailureText.lines(failure.getKey(), failure.getValue()).stream()))
        .isEmpty();
    assertThat(report.unsupported()).isEmpty();
    assertThat(report.counts().passed()).isEqualTo(cases.size());
  }

  /** Twice, the second time in another order and with other cases running beside. */
  @Test
  void theOrderAndWhatRunsBesideChangeNothing() throws Exception {
    Map<String, Trace> first = traces(cases, 1);
    List<CaseLine> shuffled = new ArrayList<>(cases);
    Collections.shuffle(shuffled, new Random(42));
    assertThat(traces(shuffled, 8)).isEqualTo(first);
  }

  /** Every operation is executed on the host and on a clone of it; the clone goes on. */
  @Test
  void aCloneGoesOnAsItsOriginalWould() throws Exception {
    Map<String, Trace> plain = traces(cases, 2);
    for (CaseLine line : cases) {
      if (line instanceof CaseLine.Case subject) {
        assertThat(trace(subject, new Cloning()))
            .as(subject.name().id())
            .isEqualTo(plain.get(subject.name().id()));
      }
    }
  }

  /** What a run of a case showed: every answer, and the hash of the state at its end. */
  private record Trace(List<String> answers, String stateHash) {}

  private Map<String, Trace> traces(List<CaseLine> lines, int jobs) throws Exception {
    Map<String, Trace> traces = new ConcurrentHashMap<>();
    try (ExecutorService workers = Executors.newFixedThreadPool(jobs)) {
      List<Future<?>> runs = new ArrayList<>();
      for (CaseLine line : lines) {
        if (line instanceof CaseLine.Case subject) {
          runs.add(workers.submit(() -> traces.put(subject.name().id(), trace(subject))));
        }
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
    assertThat(traces)
        .hasSize((int) lines.stream().filter(CaseLine.Case.class::isInstance).count());
    return traces;
  }

  private Trace trace(CaseLine.Case subject) {
    return trace(subject, new Hashing());
  }

  private static Trace trace(CaseLine.Case subject, Hashing transport) {
    List<String> answers = new ArrayList<>();
    ConformanceRunner.run(subject, transport, (ExecutedStep step) -> answers.add(step.answer()));
    return new Trace(answers, transport.stateHash);
  }

  /** Asks for the state's hash before the host goes. */
  private class Hashing implements Transport {
    String stateHash = "";

    @Override
    public SimulatedHost create(HostSpec spec) {
      VirtrigHost host = client.createHost(spec);
      return new SimulatedHost() {
        @Override
        public Result execute(Operation operation) {
          return host.execute(operation);
        }

        @Override
        public void close() {
          stateHash = host.describe().getStateHash();
          host.delete();
        }
      };
    }
  }

  /** Before each operation the host is cloned; what the original does after that is not seen. */
  private final class Cloning extends Hashing {

    @Override
    public SimulatedHost create(HostSpec spec) {
      return new SimulatedHost() {
        private VirtrigHost host = client.createHost(spec);

        @Override
        public Result execute(Operation operation) {
          VirtrigHost original = host;
          host = original.cloneHost("");
          Result alone = original.execute(operation);
          assertThat(host.execute(operation)).isEqualTo(alone);
          original.delete();
          return alone;
        }

        @Override
        public void close() {
          stateHash = host.describe().getStateHash();
          host.delete();
        }
      };
    }
  }
}
