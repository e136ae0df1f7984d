package io.virtrig.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.WireFormat;
import io.grpc.MethodDescriptor.Marshaller;
import io.virtrig.v1.Operation;
import io.virtrig.v1.RingRequest;
import io.virtrig.v1.SubmissionEntry;
import io.virtrig.v1.Substitution;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Batches, as clients write them. */
final class RingRequests extends UsualForm<RingRequest> {
  private static final int VARINT = WireFormat.WIRETYPE_VARINT;
  private static final int DELIMITED = WireFormat.WIRETYPE_LENGTH_DELIMITED;

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

  RingRequests(Marshaller<RingRequest> any) {
    super(any);
  }

  @Override
  @Nullable RingRequest read(byte[] bytes, CodedInputStream in) throws IOException {
    RingRequest.Builder batch = RingRequest.newBuilder();
    while (!in.isAtEnd()) {
      switch (in.readTag()) {
        case HOST -> batch.setHost(in.readStringRequireUtf8());
        case ENTRIES ->
            batch.addEntries(part(bytes, in, RingRequests::entry, SubmissionEntry.parser()));
        default -> {
          return null;
        }
      }
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
          Operation operation = entry.hasOperation() ? null : Operations.MEMBER.read(in);
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
