package io.virtrig.daemon.hosts;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
import com.esotericsoftware.kryo.io.Input;
import com.esotericsoftware.kryo.io.Output;

/**
 * Copies objects that are never written nor read.
 *
 * @param <T> which objects
 */
abstract class OnlyCopied<T> extends Serializer<T> {

  @Override
  public final void write(Kryo kryo, Output output, T object) {
    throw new UnsupportedOperationException("hosts are copied, not written");
  }

  @Override
  public final T read(Kryo kryo, Input input, Class<? extends T> type) {
    throw new UnsupportedOperationException("hosts are copied, not read");
  }
}
