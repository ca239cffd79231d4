// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.run;

import io.jishi.base.JishiException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A mapping of a YAML file whose values are read with their types. What is wrong is said with file
 * and line; a key that nobody read is an error that names the nearest known one.
 */
final class YamlSection {
  private static final int LONGEST = 1 << 20; // characters of a recipe

  private final String source;
  private final String name;
  private final int line;
  private final Map<String, Node> values = new LinkedHashMap<>();
  private final Map<String, Integer> lines = new LinkedHashMap<>();
  private final TreeSet<String> known = new TreeSet<>();
  private final List<YamlSection> parts = new ArrayList<>();

  private YamlSection(String source, String name, Node node) {
    this.source = source;
    this.name = name;
    this.line = line(node);
    if (!(node instanceof MappingNode mapping)) {
      throw at(line, (name.isEmpty() ? "a recipe" : "'" + name + "'") + " must be 'key: value'");
    }
    for (NodeTuple tuple : mapping.getValue()) {
      Node key = tuple.getKeyNode();
      if (!(key instanceof ScalarNode scalar)) {
        throw at(line(key), "a key must be a word");
      }
      if (values.put(scalar.getValue(), tuple.getValueNode()) != null) {
        throw at(line(key), "'" + scalar.getValue() + "' is there twice");
      }
      lines.put(scalar.getValue(), line(key));
    }
  }

  /** Parses a file's text. */
  static YamlSection parse(String source, String text) {
    LoadSettings settings =
        LoadSettings.builder()
            .setUseMarks(true)
            .setCodePointLimit(LONGEST)
            .setAllowDuplicateKeys(true) // found above, with a line
            .build();
    try {
      Node root =
          new Compose(settings)
              .composeString(text)
              .orElseThrow(() -> new JishiException.BadFile(source + ": is empty"));
      return new YamlSection(source, "", root);
    } catch (MarkedYamlEngineException e) {
      String where = e.getProblemMark().map(m -> ":" + (m.getLine() + 1)).orElse("");
      throw new JishiException.BadFile(source + where + ": is no YAML: " + e.getProblem(), e);
    } catch (YamlEngineException | StackOverflowError e) {
      throw new JishiException.BadFile(source + ": is no YAML: " + e.getMessage(), e);
    }
  }

  /** Whether the key is there and says something. */
  boolean has(String key) {
    known.add(key);
    Node node = values.get(key);
    return node != null && !(node instanceof ScalarNode s && isNull(s));
  }

  private static boolean isNull(ScalarNode node) {
    return node.isPlain() && List.of("", "~", "null").contains(node.getValue());
  }

  /** Whether the value is a mapping. */
  boolean isSection(String key) {
    return has(key) && values.get(key) instanceof MappingNode;
  }

  /** Whether the value is a list. */
  boolean isList(String key) {
    return has(key) && values.get(key) instanceof SequenceNode;
  }

  /** The mapping under a key; an empty one where it is absent. */
  YamlSection section(String key) {
    YamlSection part =
        has(key)
            ? new YamlSection(source, path(key), values.get(key))
            : new YamlSection(source, path(key), line);
    parts.add(part);
    return part;
  }

  private YamlSection(String source, String name, int line) {
    this.source = source;
    this.name = name;
    this.line = line;
  }

  /** The mappings of a list. */
  List<YamlSection> sections(String key) {
    List<YamlSection> list = new ArrayList<>();
    if (has(key) && values.get(key) instanceof SequenceNode sequence) {
      for (Node node : sequence.getValue()) {
        list.add(
            node instanceof ScalarNode
                ? single(path(key), "path", node)
                : new YamlSection(source, path(key), node));
      }
    }
    parts.addAll(list);
    return list;
  }

  /** A mapping of one pair, for lists that may hold plain words. */
  private YamlSection single(String path, String key, Node node) {
    YamlSection section = new YamlSection(source, path, line(node));
    section.values.put(key, node);
    section.lines.put(key, line(node));
    return section;
  }

  /** The texts of a list. */
  List<String> texts(String key) {
    List<String> list = new ArrayList<>();
    if (has(key)) {
      if (!(values.get(key) instanceof SequenceNode sequence)) {
        throw wrong(key, "a list");
      }
      for (Node node : sequence.getValue()) {
        if (!(node instanceof ScalarNode scalar)) {
          throw wrong(key, "a list of texts");
        }
        list.add(scalar.getValue());
      }
    }
    return list;
  }

  /** A text. */
  Optional<String> text(String key) {
    if (!has(key)) {
      return Optional.empty();
    }
    if (!(values.get(key) instanceof ScalarNode scalar)) {
      throw wrong(key, "one value");
    }
    return Optional.of(scalar.getValue());
  }

  /** A path, relative to the folder of the recipe. */
  Optional<Path> path(String key, Path folder) {
    return text(key).map(folder::resolve);
  }

  /** One of a few words. */
  <T extends Enum<T>> T choice(String key, T absent, Class<T> type) {
    if (!has(key)) {
      return absent;
    }
    String word = text(key).orElseThrow();
    List<String> names = new ArrayList<>();
    for (T value : type.getEnumConstants()) {
      String name = value.name().toLowerCase(Locale.ROOT);
      names.add(name);
      if (name.equals(word.toLowerCase(Locale.ROOT))) {
        return value;
      }
    }
    throw wrong(key, "one of " + String.join(", ", names));
  }

  /** True or false. */
  boolean flag(String key, boolean absent) {
    if (!has(key)) {
      return absent;
    }
    return switch (text(key).orElseThrow().toLowerCase(Locale.ROOT)) {
      case "true", "yes" -> true;
      case "false", "no" -> false;
      default -> throw wrong(key, "true or false");
    };
  }

  /** A whole number, which may be written 10k, 2M, 1.5B. */
  Optional<Long> count(String key, long least, long most) {
    if (!has(key)) {
      return Optional.empty();
    }
    String range = "a whole number from " + least + " to " + most + " (k, M and B may follow it)";
    long value;
    try {
      value = number(text(key).orElseThrow()).longValueExact();
    } catch (ArithmeticException | NumberFormatException e) {
      throw wrong(key, range);
    }
    if (value < least || value > most) {
      throw wrong(key, range);
    }
    return Optional.of(value);
  }

  /** A whole number below 2^31. */
  Optional<Integer> integer(String key, int least, int most) {
    return count(key, least, most).map(Long::intValue);
  }

  /** A number. */
  Optional<Double> real(String key, double least, double most) {
    if (!has(key)) {
      return Optional.empty();
    }
    double value;
    try {
      value = number(text(key).orElseThrow()).doubleValue();
    } catch (NumberFormatException | ArithmeticException e) {
      throw wrong(key, "a number from " + least + " to " + most);
    }
    if (!(value >= least && value <= most)) {
      throw wrong(key, "a number from " + least + " to " + most);
    }
    return Optional.of(value);
  }

  private static BigDecimal number(String text) {
    String digits = text.strip().replace("_", "");
    if (digits.length() > 40) {
      throw new NumberFormatException();
    }
    int power =
        switch (digits.isEmpty() ? ' ' : digits.charAt(digits.length() - 1)) {
          case 'k', 'K' -> 3;
          case 'm', 'M' -> 6;
          case 'b', 'B', 'g', 'G' -> 9;
          default -> 0;
        };
    BigDecimal value =
        new BigDecimal(power == 0 ? digits : digits.substring(0, digits.length() - 1));
    if (Math.abs((long) value.scale()) > 100) {
      throw new NumberFormatException();
    }
    return value.scaleByPowerOfTen(power);
  }

  /** Refuses keys that nobody asked for, here and in all parts that were read. */
  void finish() {
    for (Map.Entry<String, Integer> key : lines.entrySet()) {
      if (!known.contains(key.getKey())) {
        String near = nearest(key.getKey());
        throw at(
            key.getValue(),
            "unknown key '"
                + path(key.getKey())
                + "'"
                + (near == null
                    ? "; known are " + String.join(", ", known)
                    : "; did you mean '" + near + "'?"));
      }
    }
    parts.forEach(YamlSection::finish);
  }

  private String nearest(String key) {
    String best = null;
    int least = Math.max(2, key.length() / 2);
    for (String candidate : known) {
      int distance = distance(key, candidate);
      if (distance <= least) {
        least = distance - 1;
        best = candidate;
      }
    }
    return best;
  }

  /** Edits between two words (Levenshtein). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int corner = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = corner + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        corner = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }

  /** An error that a value is of the wrong kind. */
  JishiException wrong(String key, String expected) {
    Node node = values.get(key);
    String found = node instanceof ScalarNode s ? ", found '" + s.getValue() + "'" : "";
    return at(lines.getOrDefault(key, line), "'" + path(key) + "' must be " + expected + found);
  }

  /** An error about a key as a whole. */
  JishiException about(String key, String what) {
    return at(lines.getOrDefault(key, line), "'" + path(key) + "' " + what);
  }

  private JishiException at(int line, String what) {
    return new JishiException.BadFile(source + ":" + line + ": " + what);
  }

  private String path(String key) {
    return name.isEmpty() ? key : name + "." + key;
  }

  private static int line(Node node) {
    return node.getStartMark().map(m -> m.getLine() + 1).orElse(1);
  }
}
