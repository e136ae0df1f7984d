package io.virtrig.daemon.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import io.virtrig.v1.Operation;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.Substitution;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads batches as clients write them: each field once, each operation one member. Protobuf's own
 * parser makes a builder of each operation, with a place for each of all the members, and spends a
 * quarter of a ring's time on it. Whatever is written otherwise, or is no message, is left to it.
 */
final class RingRequests implements Marshaller<RingRequest> {
  private static final int VARINT = 0;
  private static final int DELIMITED = 2;

  private static final int HOST = RingRequest.HOST_FIELD_NUMBER << 3 | DELIMITED;
  private static final int ENTRIES = RingRequest.ENTRIES_FIELD_NUMBER << 3 | DELIMITED;

  private static final int USER_DATA = SubmissionEntry.USER_DATA_FIELD_NUMBER << 3 | VARINT;
  private static final int FLAGS = SubmissionEntry.FLAGS_FIELD_NUMBER << 3 | VARINT;
  private static final int ENTRY_HOST = SubmissionEntry.HOST_FIELD_NUMBER << 3 | DELIMITED;
  private static final int SUBSTITUTIONS =
      SubmissionEntry.SUBSTITUTIONS_FIELD_NUMBER << 3 | DELIMITED;
  private static final int OPERATION = SubmissionEntry.OPERATION_FIELD_NUMBER << 3 | DELIMITED;

  private static final ExtensionRegistryLite NO_EXTENSIONS =
      ExtensionRegistryLite.getEmptyRegistry();

  private final Marshaller<RingRequest> any;

  /** Leaves what is unusual to another. */
  RingRequests(Marshaller<RingRequest> any) {
    this.any = any;
  }

  @Override
  public InputStream stream(RingRequest value) {
    return any.stream(value);
  }

  @Override
  public RingRequest parse(InputStream stream) {
    byte[] bytes;
    try {
      // Without knowing how many there are, a buffer that is mostly empty is made first.
      bytes =
          stream instanceof KnownLength
              ? stream.readNBytes(stream.available())
              : stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    RingRequest usual = usual(bytes);
    return usual != null ? usual : any.parse(new ByteArrayInputStream(bytes));
  }

  /** The batch; null when it is not written in the usual way. */
  static @Nullable RingRequest usual(byte[] bytes) {
    CodedInputStream in = CodedInputStream.newInstance(bytes);
    RingRequest.Builder batch = RingRequest.newBuilder();
    try {
      while (!in.isAtEnd()) {
        switch (in.readTag()) {
          case HOST -> batch.setHost(in.readStringRequireUtf8());
          case ENTRIES -> {
            int outer = in.pushLimit(in.readRawVarint32());
            SubmissionEntry entry = entry(in);
            if (entry == null) {
              return null;
            }
            batch.addEntries(entry);
            in.popLimit(outer);
          }
          default -> {
            return null;
          }
        }
      }
    } catch (IOException e) {
      return null;
    }
    return batch.build();
  }

  private static @Nullable SubmissionEntry entry(CodedInputStream in) throws IOException {
    SubmissionEntry.Builder entry = SubmissionEntry.newBuilder();
    while (!in.isAtEnd()) {
      switch (in.readTag()) {
        case USER_DATA -> entry.setUserData(in.readUInt64());
        case FLAGS -> entry.setFlags(in.readUInt32());
        case ENTRY_HOST -> entry.setHost(in.readStringRequireUtf8());
        case SUBSTITUTIONS ->
            entry.addSubstitutions(in.readMessage(Substitution.parser(), NO_EXTENSIONS));
        case OPERATION -> {
          int outer = in.pushLimit(in.readRawVarint32());
          Operation operation = entry.hasOperation() ? null : SingleMember.operation(in);
          if (operation == null) {
            return null;
          }
          entry.setOperation(operation);
          in.popLimit(outer);
        }
        default -> {
          return null;
        }
      }
    }
    return entry.build();
  }
}
