package io.virtrig.daemon.limits;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;

/**
 * A client that writes HTTP/2 frames as it likes and reads those that it wants. What the server
 * thinks of it is a few words: {@link #end} and {@link #status}.
 */
final class RawClient implements AutoCloseable {
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  static final int ACK = 1;
  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket;
  private final OutputStream out;
  private final DataInputStream in;
  private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

  record Frame(byte type, int flags, int stream, ByteString payload) {}

  RawClient(InetSocketAddress server) throws IOException {
    this(server, InetAddress.getLoopbackAddress());
  }

  RawClient(InetSocketAddress server, InetAddress from) throws IOException {
    socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.bind(new InetSocketAddress(from, 0));
    socket.connect(server, PATIENCE_MILLIS);
    out = socket.getOutputStream();
    in = new DataInputStream(socket.getInputStream());
  }

  /** Says what every client says first; streams get that many bytes before it gives them more. */
  RawClient greet(int window) throws IOException {
    raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(US_ASCII));
    frame(
        Http2FrameTypes.SETTINGS,
        0,
        0,
        ByteBuffer.allocate(6).putShort((short) 4).putInt(window).array());
    // Its window for us holds from when we say that we know it.
    var _ = await(Http2FrameTypes.SETTINGS, 0);
    frame(Http2FrameTypes.SETTINGS, ACK, 0, new byte[0]);
    return this;
  }

  RawClient greet() throws IOException {
    return greet(65_535);
  }

  void raw(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    raw(bytes(type, flags, stream, payload));
  }

  static byte[] bytes(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  /** The block of headers of a call, with more pairs behind. */
  byte[] headers(String method, String... more) {
    Http2Headers headers =
        new DefaultHttp2Headers(false)
            .method("POST")
            .scheme("http")
            .authority("localhost")
            .path("/" + method)
            .add("content-type", "application/grpc")
            .add("te", "trailers");
    for (int i = 0; i < more.length; i += 2) {
      headers.add(more[i], more[i + 1]);
    }
    ByteBuf buffer = Unpooled.buffer();
    try {
      encoder.encodeHeaders(1, headers, buffer);
      return ByteBufUtil.getBytes(buffer);
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    } finally {
      buffer.release();
    }
  }

  /** Begins a call. */
  void begin(int stream, String method, String... more) throws IOException {
    frame(Http2FrameTypes.HEADERS, END_HEADERS, stream, headers(method, more));
  }

  /** Sends a whole message and the end of the request. */
  void finish(int stream, byte[] message) throws IOException {
    data(stream, END_STREAM, prefixed(0, message.length, message));
  }

  /** Sends bytes of a request, in frames. */
  void data(int stream, int flags, byte[] bytes) throws IOException {
    int sent = 0;
    do {
      int length = Math.min(16_384, bytes.length - sent);
      byte[] part = java.util.Arrays.copyOfRange(bytes, sent, sent + length);
      sent += length;
      frame(Http2FrameTypes.DATA, sent == bytes.length ? flags : 0, stream, part);
    } while (sent < bytes.length);
  }

  /** A message as gRPC lays it on the wire, its length as said. */
  static byte[] prefixed(int compressed, int length, byte[] message) {
    return ByteBuffer.allocate(5 + message.length)
        .put((byte) compressed)
        .putInt(length)
        .put(message)
        .array();
  }

  /** Lets the server send that many more bytes on a stream and on the connection. */
  void open(int stream, int bytes) throws IOException {
    byte[] increment = ByteBuffer.allocate(4).putInt(bytes).array();
    frame(Http2FrameTypes.WINDOW_UPDATE, 0, stream, increment);
    frame(Http2FrameTypes.WINDOW_UPDATE, 0, 0, increment);
  }

  Frame read() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    byte type = in.readByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    byte[] payload = new byte[length];
    in.readFully(payload);
    if (type == Http2FrameTypes.PING && (flags & ACK) == 0) {
      answer(payload);
    }
    return new Frame(type, flags, stream, ByteString.copyFrom(payload));
  }

  /** What is sent for the how manieth time. */
  interface Round {
    byte[] bytes(int number) throws IOException;
  }

  /** Sends without reading until it is all sent or the server has had enough: how that ends. */
  String flood(int rounds, Round round) {
    try {
      for (int i = 0; i < rounds; i++) {
        raw(round.bytes(i));
      }
    } catch (IOException e) {
      // Closed: what it said before can still be read.
    }
    return end();
  }

  private void answer(byte[] ping) {
    try {
      frame(Http2FrameTypes.PING, ACK, 0, ping);
    } catch (IOException e) {
      // The server has closed; what it said before can still be read.
    }
  }

  /** Reads until a frame of a type comes on a stream. */
  Frame await(int type, int stream) throws IOException {
    Frame frame;
    do {
      frame = read();
      if (frame.type == Http2FrameTypes.GO_AWAY) {
        throw new IOException("GOAWAY instead of a frame of type " + type);
      }
      if (frame.type == Http2FrameTypes.HEADERS && type != Http2FrameTypes.HEADERS) {
        var _ = decode(frame); // The decoder must see them all.
      }
    } while (frame.type != type || frame.stream != stream);
    return frame;
  }

  /** Reads to the end of the connection: how the server put it. */
  String end() {
    String said = "closed";
    try {
      while (true) {
        Frame frame = read();
        if (frame.type == Http2FrameTypes.GO_AWAY) {
          ByteBuffer payload = frame.payload.asReadOnlyByteBuffer();
          said = "GOAWAY " + Http2Error.valueOf(payload.getInt(4));
        }
      }
    } catch (SocketTimeoutException e) {
      return "nothing";
    } catch (EOFException | SocketException e) {
      return said;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads to the end of a stream: its gRPC status, its HTTP status, or how it was reset. */
  String status(int stream) throws IOException {
    String http = "";
    while (true) {
      Frame frame = read();
      if (frame.type == Http2FrameTypes.GO_AWAY) {
        return "GOAWAY " + Http2Error.valueOf(frame.payload.asReadOnlyByteBuffer().getInt(4));
      }
      Http2Headers headers = frame.type == Http2FrameTypes.HEADERS ? decode(frame) : null;
      if (frame.stream != stream) {
        continue;
      }
      if (frame.type == Http2FrameTypes.RST_STREAM) {
        return "RST_STREAM " + Http2Error.valueOf(frame.payload.asReadOnlyByteBuffer().getInt());
      }
      if (headers != null) {
        CharSequence status = headers.get("grpc-status");
        if (status != null) {
          return String.valueOf(
              io.grpc.Status.fromCodeValue(Integer.parseInt(status.toString())).getCode());
        }
        http = String.valueOf(headers.status());
      }
      if ((frame.flags & END_STREAM) != 0) {
        return "HTTP " + http;
      }
    }
  }

  private Http2Headers decode(Frame frame) {
    ByteBuf block = Unpooled.wrappedBuffer(frame.payload.asReadOnlyByteBuffer());
    try {
      return decoder.decodeHeaders(frame.stream, block);
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Waits until the server has read what was sent before. */
  void ping() throws IOException {
    frame(Http2FrameTypes.PING, 0, 0, new byte[8]);
    Frame frame;
    do {
      frame = read();
    } while (frame.type != Http2FrameTypes.PING || (frame.flags & ACK) == 0);
  }

  /** Whether the server has closed it; what comes meanwhile is passed over. */
  boolean isClosed() throws IOException {
    try {
      while (true) {
        var _ = read();
      }
    } catch (EOFException | SocketException e) {
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  void patience(int millis) throws IOException {
    socket.setSoTimeout(millis);
  }

  static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }

  @Override
  public void close() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }
}
