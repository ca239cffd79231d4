// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.gguf;

import io.jishi.base.JishiException.BadFile;
import io.jishi.model.StoredTensor;
import io.jishi.model.mapped.MappedFile;
import io.jishi.model.mapped.Quote;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Opens a model of one file or of several parts. Part i of N says so twice: by its name ({@code
 * name-0000i-of-0000N.gguf}, from 1) and in its metadata ({@code split.no}, from 0, and {@code
 * split.count}).
 */
final class GgufSplit {
  private static final Pattern NAME = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf");

  private final Path first;
  private final List<MappedFile> files = new ArrayList<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  private GgufSplit(Path first) {
    this.first = first;
  }

  static GgufFile open(Path path) {
    GgufSplit split = new GgufSplit(path);
    try {
      return split.openAll();
    } catch (Throwable e) {
      split.files.forEach(MappedFile::close);
      throw e;
    }
  }

  private GgufFile openAll() {
    GgufPart head = openPart(first);
    int count = head.metadata().intValue("split.count", 1);
    if (count < 0) {
      throw new BadFile(first + ": metadata 'split.count' cannot be " + count);
    }
    if (count > 1) {
      openOthers(head.metadata(), count);
    }
    return new GgufFile(files, head.metadata(), tensors);
  }

  private GgufPart openPart(Path path) {
    GgufPart part =
        MappedFile.open(
            path,
            (file, source) -> {
              GgufPart parsed = GgufPart.parse(source, file.bytes());
              files.add(file);
              return parsed;
            });
    for (StoredTensor tensor : part.tensors().values()) {
      if (tensors.putIfAbsent(tensor.name(), tensor) != null) {
        throw new BadFile(
            path + ": tensor " + Quote.of(tensor.name()) + " stands in an earlier part too");
      }
    }
    return part;
  }

  private void openOthers(GgufMetadata head, int count) {
    List<Path> parts = names(head, count);
    checkAllThere(parts);
    for (int i = 1; i < count; i++) {
      GgufMetadata metadata = openPart(parts.get(i)).metadata();
      if (metadata.intValue("split.no") != i || metadata.intValue("split.count") != count) {
        throw new BadFile(
            parts.get(i)
                + ": is not part "
                + (i + 1)
                + " of "
                + count
                + " of "
                + first
                + ": it says split.no "
                + metadata.intValue("split.no")
                + ", split.count "
                + metadata.intValue("split.count")
                + "; fetch the parts of one model");
      }
    }
    int expected = head.intValue("split.tensors.count", tensors.size());
    if (tensors.size() != expected) {
      throw new BadFile(
          first
              + ": the "
              + count
              + " parts hold "
              + tensors.size()
              + " tensors, but 'split.tensors.count' is "
              + expected
              + "; fetch the parts of one model");
    }
  }

  /** The names of all parts, by the name of the first; the name has to agree with the metadata. */
  private List<Path> names(GgufMetadata head, int count) {
    int number = head.intValue("split.no");
    Matcher name = NAME.matcher(first.getFileName().toString());
    if (!name.matches()
        || Integer.parseInt(name.group(2)) != number + 1L
        || Integer.parseInt(name.group(3)) != count) {
      throw new BadFile(
          first
              + ": is part "
              + (number + 1L)
              + " of "
              + count
              + " by its metadata, so its name must end in "
              + suffix(number + 1L, count)
              + "; rename the file as it was");
    }
    List<Path> parts = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      parts.add(first.resolveSibling(name.group(1) + suffix(i, count)));
    }
    if (number != 0) {
      throw new BadFile(
          first + ": is part " + (number + 1) + " of " + count + "; open " + parts.getFirst());
    }
    return parts;
  }

  private static String suffix(long number, int count) {
    return String.format(Locale.ROOT, "-%05d-of-%05d.gguf", number, count);
  }

  private static void checkAllThere(List<Path> parts) {
    List<String> missing =
        parts.stream()
            .filter(p -> !Files.exists(p))
            .limit(10)
            .map(p -> p.getFileName().toString())
            .toList();
    if (!missing.isEmpty()) {
      throw new BadFile(
          parts.getFirst()
              + ": other parts of the model are missing beside it: "
              + String.join(", ", missing)
              + "; fetch them too");
    }
  }
}
