package io.virtrig.client;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The token in a file, read again when the file is another or has changed. */
final class TokenFile implements Supplier<String> {
  private final Path file;

  /** Replaced as one; several threads may read the file at the same time. */
  private volatile @Nullable Content content;

  private record Content(FileTime modified, long size, @Nullable Object file, String token) {
    boolean isOf(BasicFileAttributes now) {
      return modified.equals(now.lastModifiedTime())
          && size == now.size()
          && (file == null || file.equals(now.fileKey()));
    }
  }

  TokenFile(Path file) {
    this.file = file;
  }

  @Override
  public String get() {
    try {
      BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
      Content known = content;
      if (known == null || !known.isOf(now)) {
        String token = Files.readString(file).strip();
        known = new Content(now.lastModifiedTime(), now.size(), now.fileKey(), token);
        content = known;
      }
      return known.token;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the token in " + file + ": " + e, e);
    }
  }
}
