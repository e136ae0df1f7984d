package io.virtrig.cli.conformance;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.client.json.Variables;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the names of a case stand for while it runs. A name keeps its number when what it stood for
 * is closed; a name whose step failed as expected stands for no object, {@link #NOTHING}.
 */
final class Bindings implements Variables {

  /** An fd that is not open. */
  static final long NOTHING = -1;

  private static final long FIRST_PID = 1;

  /** In which field a response says what was made, the first that it has. */
  private static final List<String> MADE = List.of("fd", "ret", "pid");

  private final Set<String> declared = new HashSet<>();
  private final Map<String, Long> values = new TreeMap<>();
  private final Map<String, Long> processes = new HashMap<>();

  Bindings(List<Step> steps) {
    for (Step step : steps) {
      if (step.as() != null) {
        declared.add(step.as());
      }
      declared.addAll(step.save().keySet());
    }
    processes.put(CaseReader.FIRST_PROCESS, FIRST_PID);
  }

  @Override
  public OptionalLong value(String name) {
    if (!declared.contains(name)) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(values.getOrDefault(name, NOTHING));
  }

  OptionalLong process(String name) {
    Long pid = processes.get(name);
    return pid == null ? OptionalLong.empty() : OptionalLong.of(pid);
  }

  /** Names what a step made. */
  void bind(String name, Message response) {
    for (String fieldName : MADE) {
      FieldDescriptor field = response.getDescriptorForType().findFieldByName(fieldName);
      if (field != null) {
        long value = ((Number) response.getField(field)).longValue();
        values.put(name, value);
        if (fieldName.equals("pid")) {
          processes.put(name, value);
        }
        return;
      }
    }
  }

  void save(String variable, long value) {
    values.put(variable, value);
  }

  /** Every name that stands for something, with its number. */
  Map<String, Long> all() {
    return new TreeMap<>(values);
  }
}
