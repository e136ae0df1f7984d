package io.virtrig.daemon.tenancy;

import io.virtrig.daemon.config.BadConfiguration;
import io.virtrig.daemon.quota.Quota;
import io.virtrig.daemon.quota.Quotas;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads a tenants file. What it does not know it refuses, naming it: a slip must not open a door.
 */
final class TenantsFile {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");

  private TenantsFile() {}

  /**
   * What the text says.
   *
   * @throws BadConfiguration when it says something else than it should
   */
  static TenantTable read(String text) {
    Object root;
    try {
      root = new Load(LoadSettings.builder().build()).loadFromString(text);
    } catch (YamlEngineException e) {
      throw new BadConfiguration("it is no YAML: " + e.getMessage());
    }
    Map<?, ?> mapping = mapping("the file", root, Set.of("tenants", "admins"));
    List<TenantTable.Entry> tenants = new ArrayList<>();
    for (Object item : list("tenants", mapping.get("tenants"))) {
      tenants.add(entry("tenants", item, true));
    }
    List<TenantTable.Entry> admins = new ArrayList<>();
    for (Object item : list("admins", mapping.get("admins"))) {
      admins.add(entry("admins", item, false));
    }
    if (tenants.isEmpty()) {
      throw new BadConfiguration("tenants: there is none");
    }
    requireDistinct("tenants", tenants);
    requireDistinct("admins", admins);
    List<TenantTable.Entry> all = new ArrayList<>(tenants);
    all.addAll(admins);
    requireOneOwner(all);
    return new TenantTable(List.copyOf(tenants), List.copyOf(admins));
  }

  private static TenantTable.Entry entry(String where, Object item, boolean tenant) {
    Map<?, ?> mapping =
        mapping(
            where,
            item,
            tenant
                ? Set.of("name", "tokens", "certificates", "quotas")
                : Set.of("name", "tokens", "certificates"));
    String name = mapping.get("name") instanceof String text ? text : "";
    if (!NAME.matcher(name).matches()) {
      throw new BadConfiguration(
          where
              + ": name \""
              + name
              + "\" is not 1 to 63 of a-z, 0-9 and -, beginning with a letter");
    }
    String owner = where + ": " + name;
    return new TenantTable.Entry(
        name,
        each(
            owner + ": tokens",
            mapping.get("tokens"),
            TokenHash::read,
            "not \"sha256:\" and 64 hexadecimal digits; `virtrig admin new-token` makes one"),
        each(
            owner + ": certificates",
            mapping.get("certificates"),
            CertificateName::read,
            "not \"uri:…\", \"dns:…\" or \"subject:…\""),
        quotas(owner + ": quotas", mapping.get("quotas")));
  }

  private static <T> List<T> each(
      String where, @Nullable Object value, Function<String, @Nullable T> reader, String wrong) {
    List<T> all = new ArrayList<>();
    for (Object item : list(where, value)) {
      T one = reader.apply(String.valueOf(item));
      if (one == null) {
        // The item itself is not repeated: somebody may have put a token there.
        throw new BadConfiguration(where + ": number " + (all.size() + 1) + " is " + wrong);
      }
      all.add(one);
    }
    return List.copyOf(all);
  }

  private static Quotas quotas(String where, @Nullable Object value) {
    if (value == null) {
      return Quotas.NONE;
    }
    Set<String> keys = new TreeSet<>();
    for (Quota quota : Quota.values()) {
      keys.add(quota.key());
    }
    Map<?, ?> mapping = mapping(where, value, keys);
    Map<Quota, Long> limits = new EnumMap<>(Quota.class);
    for (Quota quota : Quota.values()) {
      Object limit = mapping.get(quota.key());
      if (limit == null) {
        continue;
      }
      if (!(limit instanceof Integer || limit instanceof Long)
          || ((Number) limit).longValue() < 0) {
        throw new BadConfiguration(where + ": " + quota.key() + " is no number from 0 on");
      }
      limits.put(quota, ((Number) limit).longValue());
    }
    return new Quotas(limits);
  }

  private static void requireDistinct(String where, List<TenantTable.Entry> entries) {
    Set<String> names = new HashSet<>();
    for (TenantTable.Entry entry : entries) {
      if (!names.add(entry.name())) {
        throw new BadConfiguration(where + ": two are called " + entry.name());
      }
    }
  }

  private static void requireOneOwner(List<TenantTable.Entry> entries) {
    Set<Object> seen = new HashSet<>();
    for (TenantTable.Entry entry : entries) {
      for (TokenHash token : entry.tokens()) {
        if (!seen.add(token)) {
          throw new BadConfiguration(
              entry.name() + ": a token of it stands in the file a second time: " + token);
        }
      }
      for (CertificateName name : entry.certificates()) {
        if (!seen.add(name)) {
          throw new BadConfiguration(
              entry.name() + ": " + name.text() + " stands in the file a second time");
        }
      }
    }
  }

  private static Map<?, ?> mapping(String where, @Nullable Object value, Set<String> known) {
    if (!(value instanceof Map<?, ?> mapping)) {
      throw new BadConfiguration(where + ": not a mapping with " + new TreeSet<>(known));
    }
    for (Object key : mapping.keySet()) {
      if (!known.contains(String.valueOf(key))) {
        throw new BadConfiguration(
            where + ": \"" + key + "\" is not one of " + new TreeSet<>(known));
      }
    }
    return mapping;
  }

  private static List<?> list(String where, @Nullable Object value) {
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      throw new BadConfiguration(where + ": not a list");
    }
    return list;
  }
}
