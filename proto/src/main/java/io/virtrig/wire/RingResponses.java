package io.virtrig.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.grpc.MethodDescriptor.Marshaller;
import io.virtrig.v1.Completion;
import io.virtrig.v1.Result;
import io.virtrig.v1.RingResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Answers to batches, as the daemon writes them. */
final class RingResponses extends UsualForm<RingResponse> {
  private static final int VARINT = WireFormat.WIRETYPE_VARINT;
  private static final int DELIMITED = WireFormat.WIRETYPE_LENGTH_DELIMITED;

  private static final int COMPLETIONS = RingResponse.COMPLETIONS_FIELD_NUMBER << 3 | DELIMITED;
  private static final int BATCH = RingResponse.BATCH_FIELD_NUMBER << 3 | VARINT;
  private static final int LAST = RingResponse.LAST_FIELD_NUMBER << 3 | VARINT;

  private static final int USER_DATA = Completion.USER_DATA_FIELD_NUMBER << 3 | VARINT;
  private static final int RESULT = Completion.RESULT_FIELD_NUMBER << 3 | DELIMITED;

  RingResponses(Marshaller<RingResponse> any) {
    super(any);
  }

  @Override
  @Nullable RingResponse read(byte[] bytes, CodedInputStream in) throws IOException {
    RingResponse.Builder answer = RingResponse.newBuilder();
    while (!in.isAtEnd()) {
      switch (in.readTag()) {
        case COMPLETIONS ->
            answer.addCompletions(part(bytes, in, RingResponses::completion, Completion.parser()));
        case BATCH -> answer.setBatch(in.readUInt64());
        case LAST -> answer.setLast(in.readBool());
        default -> {
          return null;
        }
      }
    }
    return answer.build();
  }

  private static @Nullable Completion completion(CodedInputStream in) throws IOException {
    Completion.Builder completion = Completion.newBuilder();
    while (!in.isAtEnd()) {
      switch (in.readTag()) {
        case USER_DATA -> completion.setUserData(in.readUInt64());
        case RESULT -> {
          int outer = in.pushLimit(in.readRawVarint32());
          Result result = completion.hasResult() ? null : Results.read(in);
          if (result == null) {
            return null;
          }
          completion.setResult(result);
          in.popLimit(outer);
        }
        default -> {
          return null;
        }
      }
    }
    return completion.build();
  }
}
