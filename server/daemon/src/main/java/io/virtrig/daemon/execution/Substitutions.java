package io.virtrig.daemon.execution;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Message;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.ArgumentValue;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.Substitution;
import io.virtrig.wire.Operations;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Fills in what requests of a batch take from the answers before them, and from arguments. */
final class Substitutions {
  private static final OneofDescriptor REQUEST = Operation.getDescriptor().getOneofs().getFirst();
  private static final OneofDescriptor RESPONSE = Result.getDescriptor().getOneofs().getFirst();

  /** In which field a response says what the system call returned: the first that it has. */
  private static final List<String> RETURNED = List.of("ret", "pid");

  private final @Nullable Result[] results;
  private final Map<String, ArgumentValue> arguments;

  /**
   * Substitutions in one batch.
   *
   * @param results by entry, filled in as they are executed
   */
  Substitutions(@Nullable Result[] results, Map<String, ArgumentValue> arguments) {
    this.results = results;
    this.arguments = arguments;
  }

  /**
   * The entry's operation with everything filled in.
   *
   * @param position the entry's place in the batch
   * @throws Refused when something cannot be
   */
  Operation in(SubmissionEntry entry, int position) {
    Operation operation = entry.getOperation();
    FieldDescriptor member = operation.getOneofFieldDescriptor(REQUEST);
    if (member == null) {
      return operation;
    }
    Message.Builder request = ((Message) operation.getField(member)).toBuilder();
    for (int i = 0; i < entry.getSubstitutionsCount(); i++) {
      Substitution substitution = entry.getSubstitutions(i);
      try {
        Value value = source(substitution, position).plus(substitution.getPlus());
        FieldPath.of(substitution.getField()).set(request, value);
      } catch (IllegalArgumentException e) {
        throw Refused.invalid("substitutions[" + i + "]", String.valueOf(e.getMessage()));
      }
    }
    return Operations.of(request);
  }

  private Value source(Substitution substitution, int position) {
    return switch (substitution.getSourceCase()) {
      case ENTRY -> answer(substitution, position);
      case ARGUMENT -> argument(substitution.getArgument());
      case SOURCE_NOT_SET -> throw new IllegalArgumentException("neither an entry nor an argument");
    };
  }

  private Value argument(String name) {
    ArgumentValue argument = arguments.get(name);
    if (argument == null) {
      throw new IllegalArgumentException("there is no argument \"" + name + "\"");
    }
    return Value.of(argument);
  }

  private Value answer(Substitution substitution, int position) {
    // As unsigned: beyond 2^31 is not before this entry either.
    int source = substitution.getEntry();
    if (Integer.compareUnsigned(source, position) >= 0) {
      throw new IllegalArgumentException(
          "entry " + Integer.toUnsignedString(source) + " does not come before this one");
    }
    Result result = results[source];
    FieldDescriptor member = result == null ? null : result.getOneofFieldDescriptor(RESPONSE);
    if (result == null || member == null || !Batch.succeeded(result)) {
      throw Refused.cancelled(
          "not executed: needs the answer of entry " + source + ", which has none");
    }
    Message response = (Message) result.getField(member);
    String place = substitution.getValue();
    return Value.of(
        FieldPath.of(place.isEmpty() ? returned(response.getDescriptorForType()) : place)
            .get(response));
  }

  private static String returned(Descriptor response) {
    for (String name : RETURNED) {
      if (response.findFieldByName(name) != null) {
        return name;
      }
    }
    throw new IllegalArgumentException(
        response.getName() + " returns no value: which field is meant?");
  }
}
