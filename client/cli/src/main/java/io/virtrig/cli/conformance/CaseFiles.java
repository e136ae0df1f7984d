package io.virtrig.cli.conformance;

import io.virtrig.cli.conformance.CaseText.Source;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Finds case files, and the lines in them. */
public final class CaseFiles {

  private static final String SUFFIX = ".jsonl";

  private CaseFiles() {}

  /**
   * The lines of files, and of every {@code *.jsonl} below folders.
   *
   * @return the lines in the order of the paths, of the files' names and of the lines
   * @throws NoSuchFileException for a path that is not there
   * @throws IOException when a file cannot be read
   */
  public static List<CaseText> texts(List<Path> paths) throws IOException {
    List<CaseText> lines = new ArrayList<>();
    for (Path path : paths) {
      for (Path file : files(path)) {
        lines.addAll(texts(area(file), file, Files.readString(file).lines().toList()));
      }
    }
    return lines;
  }

  /** The lines of a file that is in a program, read. */
  public static List<CaseLine> readResource(String area, Class<?> beside, String file)
      throws IOException {
    try (InputStream resource =
        Objects.requireNonNull(beside.getResourceAsStream(file), "the program lacks a resource")) {
      String text = new String(resource.readAllBytes(), StandardCharsets.UTF_8);
      return texts(area, Path.of(file), text.lines().toList()).stream()
          .map(CaseText::read)
          .toList();
    }
  }

  /**
   * The lines of a file.
   *
   * @param area what the report counts them under
   * @param file names them in the report; not opened
   * @return the lines that are neither blank nor comments
   */
  public static List<CaseText> texts(String area, Path file, List<String> text) {
    List<CaseText> lines = new ArrayList<>();
    int number = 0;
    for (String line : text) {
      number++;
      if (!line.isBlank() && !line.startsWith("#")) {
        lines.add(new CaseText(new Source(area, file, number), line));
      }
    }
    return lines;
  }

  private static String area(Path file) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    return folder == null || folder.getFileName() == null ? "" : folder.getFileName().toString();
  }

  private static List<Path> files(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (!Files.isDirectory(path)) {
      return List.of(path);
    }
    try (Stream<Path> below = Files.walk(path)) {
      return below
          .filter(file -> file.toString().endsWith(SUFFIX) && Files.isRegularFile(file))
          .sorted()
          .toList();
    }
  }
}
