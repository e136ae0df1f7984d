package io.virtrig.wire;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Parser;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Reads messages as they are usually written: each field once, each oneof one member. Protobuf's
 * own parser makes a builder of each operation and of each result, with a place for each of all the
 * members, and spends a quarter of a ring's time on it. Whatever is written otherwise, or is no
 * message, is left to it.
 */
abstract class UsualForm<M> implements Marshaller<M> {
  private final Marshaller<M> any;

  /** Leaves what is unusual to another. */
  UsualForm(Marshaller<M> any) {
    this.any = any;
  }

  @Override
  public InputStream stream(M value) {
    return any.stream(value);
  }

  @Override
  public M parse(InputStream stream) {
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
    M usual = usual(bytes);
    return usual != null ? usual : any.parse(new ByteArrayInputStream(bytes));
  }

  /** The message; null when it is not written in the usual way. */
  final @Nullable M usual(byte[] bytes) {
    try {
      return read(bytes, CodedInputStream.newInstance(bytes));
    } catch (IOException e) {
      return null;
    }
  }

  /** Reads all of the bytes; null when they are unusual. */
  abstract @Nullable M read(byte[] bytes, CodedInputStream in) throws IOException;

  /** Reads a part, which begins with its length; by protobuf's own parser when it is unusual. */
  static <P> P part(byte[] bytes, CodedInputStream in, UsualPart<P> usual, Parser<P> any)
      throws IOException {
    int length = in.readRawVarint32();
    int start = in.getTotalBytesRead();
    int outer = in.pushLimit(length);
    P part = usual.read(in);
    in.popLimit(outer);
    if (part == null) {
      part = any.parseFrom(bytes, start, length);
      in.skipRawBytes(start + length - in.getTotalBytesRead());
    }
    return part;
  }

  /** Reads a part up to the limit that is set. */
  interface UsualPart<P> {
    /** Null when it is unusual, wherever that shows and whatever limits are set by then. */
    @Nullable P read(CodedInputStream in) throws IOException;
  }
}
