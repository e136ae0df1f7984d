package io.virtrig.daemon.programs;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.Program;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Programs of one owner, by id. Safe for use by several threads. */
public final class Programs {
  private final ConcurrentSkipListMap<String, Program> programs = new ConcurrentSkipListMap<>();
  private final AtomicInteger size = new AtomicInteger();
  private final int most;

  /** None yet, and never more than {@code most}. */
  public Programs(int most) {
    this.most = most;
  }

  /**
   * Stores a program.
   *
   * @return whether it was stored; otherwise there is one of that id
   * @throws Refused when there are as many as there may be
   */
  public boolean add(ProgramName name, Program program) {
    if (size.incrementAndGet() > most) {
      size.decrementAndGet();
      throw Refused.exhausted(
          "program", "there are " + most + " programs, as many as there may be");
    }
    boolean added = programs.putIfAbsent(name.id(), program) == null;
    if (!added) {
      size.decrementAndGet();
    }
    return added;
  }

  /**
   * Finds a program.
   *
   * @throws Refused when there is none
   */
  public Program get(ProgramName name) {
    return found(name, programs.get(name.id()));
  }

  /**
   * Forgets a program.
   *
   * @throws Refused when there is none
   */
  public void remove(ProgramName name) {
    var _ = found(name, programs.remove(name.id()));
    size.decrementAndGet();
  }

  private static Program found(ProgramName name, @Nullable Program program) {
    if (program == null) {
      throw Refused.notFound("name", "there is no program \"" + name + "\"");
    }
    return program;
  }

  /** Up to {@code count} programs with an id above {@code id}, by id. */
  public List<Program> after(String id, int count) {
    return programs.tailMap(id, false).values().stream().limit(count).toList();
  }
}
