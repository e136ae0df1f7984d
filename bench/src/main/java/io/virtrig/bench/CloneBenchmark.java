package io.virtrig.bench;

import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.hardware.pci.DeviceModels;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Cloning a host with four devices, a container, a VM, and memory every page of which is written.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xmx3g", "-XX:+UseG1GC", "--sun-misc-unsafe-memory-access=allow"})
@Warmup(iterations = 8, time = 1)
@Measurement(iterations = 5, time = 1)
public class CloneBenchmark {
  @Param({"1", "1024"})
  public long touchedMib;

  private final HostRegistry hosts = new HostRegistry(2, DeviceModels.NONE, EventListener.NONE);

  /** Makes the host. */
  @Setup
  public void fill() {
    HostedHost original = hosts.create("original", TypicalHost.SPEC, "");
    TypicalHost.setUp(original::execute, touchedMib);
  }

  /** A clone, and its end. */
  @Benchmark
  public HostedHost cloneAndDelete() {
    HostedHost clone = hosts.clone("original", "clone", "");
    hosts.delete("clone");
    return clone;
  }
}
