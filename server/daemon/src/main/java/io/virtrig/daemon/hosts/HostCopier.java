package io.virtrig.daemon.hosts;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.SerializerFactory;
import com.esotericsoftware.kryo.serializers.ClosureSerializer;
import com.esotericsoftware.kryo.serializers.FieldSerializer;
import com.esotericsoftware.kryo.util.DefaultInstantiatorStrategy;
import com.esotericsoftware.kryo.util.Pool;
import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.virtrig.emulator.Host;
import io.virtrig.emulator.state.CopyOnWrite;
import io.virtrig.emulator.state.Shared;
import java.nio.ByteBuffer;
import java.util.List;
import org.objenesis.strategy.StdInstantiatorStrategy;

/**
 * Copies hosts, object by object, whatever they are made of. What never changes is shared, and what
 * knows a faster way is asked for it: the contents of memory are copied when they are written.
 *
 * <p>Safe for use by several threads; each host must be at rest.
 */
final class HostCopier {
  /** What is shared, whatever it refers to. */
  static final List<Class<?>> NEVER_CHANGE =
      List.of(Shared.class, MessageLite.class, ByteString.class);

  private final Pool<Kryo> pool =
      new Pool<>(true, true) {
        @Override
        protected Kryo create() {
          return kryo();
        }
      };

  /** A host in the same state that goes its own way from now on. */
  Host copy(Host host) {
    Kryo kryo = pool.obtain();
    try {
      return kryo.copy(host);
    } finally {
      pool.free(kryo);
    }
  }

  private static Kryo kryo() {
    Kryo kryo = new Kryo();
    kryo.setRegistrationRequired(false);
    kryo.setCopyReferences(true);
    kryo.setInstantiatorStrategy(new DefaultInstantiatorStrategy(new StdInstantiatorStrategy()));
    // Inner classes refer to the outer object by one.
    FieldSerializer.FieldSerializerConfig fields = new FieldSerializer.FieldSerializerConfig();
    fields.setIgnoreSyntheticFields(false);
    kryo.setDefaultSerializer(new SerializerFactory.FieldSerializerFactory(fields));
    kryo.addDefaultSerializer(Record.class, new Records());
    kryo.addDefaultSerializer(CopyOnWrite.class, new OwnWay());
    kryo.addDefaultSerializer(ByteBuffer.class, new Buffers());
    for (Class<?> type : NEVER_CHANGE) {
      kryo.addDefaultSerializer(type, new Same<>());
    }
    kryo.register(ClosureSerializer.Closure.class, new StatelessLambda());
    return kryo;
  }

  private static final class Same<T> extends OnlyCopied<T> {
    @Override
    public T copy(Kryo kryo, T original) {
      return original;
    }
  }

  private static final class OwnWay extends OnlyCopied<CopyOnWrite<?>> {
    @Override
    public CopyOnWrite<?> copy(Kryo kryo, CopyOnWrite<?> original) {
      return (CopyOnWrite<?>) original.copy();
    }
  }

  /** Over whole arrays, which others may share. */
  private static final class Buffers extends OnlyCopied<ByteBuffer> {
    @Override
    @SuppressWarnings("ByteBufferBackingArray") // All that a host has wrap one from its beginning.
    public ByteBuffer copy(Kryo kryo, ByteBuffer original) {
      return ByteBuffer.wrap(kryo.copy(original.array())).order(original.order());
    }
  }

  /** One that refers to the state of its host would go on to refer to the original's. */
  private static final class StatelessLambda extends OnlyCopied<Object> {
    @Override
    public Object copy(Kryo kryo, Object original) {
      if (original.getClass().getDeclaredFields().length > 0) {
        throw new IllegalStateException(
            "the state of a host holds a lambda with state of its own: " + original.getClass());
      }
      return original;
    }
  }
}
