package io.virtrig.daemon.hosts;

import com.esotericsoftware.kryo.Kryo;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Copies records: what their components refer to is copied, and a record of which nothing had to be
 * is its own copy. No record may refer to itself in a roundabout way.
 */
final class Records extends OnlyCopied<Record> {
  private static final ClassValue<Shape> SHAPES =
      new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
          return Shape.of(type);
        }
      };

  /** A component; what never changes is not looked at. */
  private record Component(MethodHandle accessor, boolean changes) {}

  /** How a record is taken apart and put together. */
  private record Shape(MethodHandle constructor, List<Component> components, boolean changes) {

    static Shape of(Class<?> type) {
      RecordComponent[] parts = type.getRecordComponents();
      Class<?>[] types =
          Arrays.stream(parts).map(RecordComponent::getType).toArray(Class<?>[]::new);
      List<Component> components = new ArrayList<>();
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      try {
        Constructor<?> canonical = type.getDeclaredConstructor(types);
        canonical.setAccessible(true);
        MethodHandle constructor =
            lookup
                .unreflectConstructor(canonical)
                .asSpreader(Object[].class, parts.length)
                .asType(MethodType.methodType(Object.class, Object[].class));
        for (RecordComponent part : parts) {
          part.getAccessor().setAccessible(true);
          components.add(
              new Component(
                  lookup
                      .unreflect(part.getAccessor())
                      .asType(MethodType.methodType(Object.class, Object.class)),
                  mayChange(part.getType())));
        }
        return new Shape(constructor, components, components.stream().anyMatch(Component::changes));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a record without its constructor: " + type, e);
      }
    }
  }

  private static boolean mayChange(Class<?> type) {
    return !type.isPrimitive()
        && !type.isEnum()
        && type != String.class
        && HostCopier.NEVER_CHANGE.stream().noneMatch(shared -> shared.isAssignableFrom(type));
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // Whether it is another object is the question.
  public Record copy(Kryo kryo, Record original) {
    Shape shape = SHAPES.get(original.getClass());
    if (!shape.changes) {
      return original;
    }
    try {
      Object[] values = new Object[shape.components.size()];
      boolean changed = false;
      for (int i = 0; i < values.length; i++) {
        Component component = shape.components.get(i);
        Object value = component.accessor.invokeExact((Object) original);
        values[i] = component.changes ? kryo.copy(value) : value;
        changed |= values[i] != value;
      }
      if (!changed) {
        return original;
      }
      Object copy = shape.constructor.invokeExact(values);
      return (Record) copy;
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("a record that cannot be put together: " + original, e);
    }
  }
}
