package io.virtrig.uapi;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Looks up uAPI constants by name, for programs that take names from people. The emulator uses the
 * constants themselves.
 */
public final class Uapi {

  private static final Class<?>[] TABLES = {
    Vfio.class,
    Kvm.class,
    Vhost.class,
    Virtio.class,
    IoUring.class,
    UnmergedSeries.class,
    NestingSeries.class
  };

  private Uapi() {}

  /**
   * The value of the constant of that name.
   *
   * @param name the name as the header spells it, e.g. {@code VFIO_DMA_MAP_FLAG_READ}
   * @return its unsigned value; empty when no table has it
   */
  public static OptionalLong value(String name) {
    Long value = ByName.VALUES.get(name);
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }

  private static final class ByName {
    static final Map<String, Long> VALUES = new HashMap<>();

    static {
      for (Class<?> table : TABLES) {
        for (Field field : table.getDeclaredFields()) {
          if (Modifier.isPublic(field.getModifiers())) {
            try {
              VALUES.put(field.getName(), ((Number) field.get(null)).longValue());
            } catch (IllegalAccessException e) {
              throw new AssertionError(e);
            }
          }
        }
      }
    }
  }
}
