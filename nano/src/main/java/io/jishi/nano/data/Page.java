// SPDX-License-Identifier: Apache-2.0
package io.jishi.nano.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Wordings as they stand in a file {@code NAME.txt} beside this class: sections {@code == question
 * language}, each of one pattern a line (see {@link Wordings}). Lines {@code do: sort {list}} and
 * {@code what: the order of {list}} give only what is wanted, as a command or as a thing: all of a
 * section are put in the place of {@code <>} in the sentences of {@code shells.txt}.
 */
final class Page {
  private static final Pattern HEAD = Pattern.compile("== \\w+ (english|chinese)");
  private static final String HOLE = "<>";
  private static final List<String> MOODS = List.of("do", "what");

  private final String name;
  private final Map<String, Map<Language, List<String>>> sections = new LinkedHashMap<>();

  private Page(String name) {
    this.name = name;
  }

  /**
   * Reads a page.
   *
   * @throws IllegalArgumentException where it is missing or a line stands in no section
   */
  static Page of(String name) {
    return of(name, text(name));
  }

  /** The page of that text. */
  static Page of(String name, String text) {
    Page page = new Page(name);
    List<String> section = null;
    for (String line : text.lines().map(String::strip).toList()) {
      if (HEAD.matcher(line).matches()) {
        section = page.open(line.substring(3).split(" "));
      } else if (!line.isEmpty() && !line.startsWith("#")) {
        if (section == null || line.startsWith("==")) {
          throw new IllegalArgumentException(name + ".txt: '" + line + "' stands in no section");
        }
        section.add(line);
      }
    }
    return page;
  }

  private List<String> open(String[] head) {
    Language language = Language.valueOf(head[1].toUpperCase(Locale.ROOT));
    return sections
        .computeIfAbsent(head[0], _ -> new EnumMap<>(Language.class))
        .computeIfAbsent(language, _ -> new ArrayList<>());
  }

  private static String text(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name + ".txt")) {
      if (in == null) {
        throw new IllegalArgumentException("there is no page of wordings '" + name + "'");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What can be asked for. */
  Set<String> questions() {
    return sections.keySet();
  }

  /** The patterns of some sections together, in both languages. */
  Both both(String... questions) {
    StringBuilder english = new StringBuilder();
    StringBuilder chinese = new StringBuilder();
    for (String question : questions) {
      english.append(lines(question, Language.ENGLISH));
      chinese.append(lines(question, Language.CHINESE));
    }
    return Both.of(english.toString(), chinese.toString());
  }

  /** The patterns of a section, one a line, with a line end behind each. */
  String lines(String question, Language language) {
    StringBuilder out = new StringBuilder();
    Map<String, List<String>> wanted = new HashMap<>();
    for (String line : section(question, language)) {
      String mood = line.substring(0, Math.max(0, line.indexOf(": ")));
      if (MOODS.contains(mood)) {
        String core = line.substring(mood.length() + 2);
        wanted.computeIfAbsent(mood, _ -> new ArrayList<>()).add(core);
      } else {
        out.append(line).append('\n');
      }
    }
    for (String mood : MOODS) {
      if (wanted.containsKey(mood)) {
        String cores = "[" + String.join("|", wanted.get(mood)) + "]";
        for (String shell : Shells.PAGE.section(mood, language)) {
          out.append(shell.replace(HOLE, cores)).append('\n');
        }
      }
    }
    return out.toString();
  }

  private List<String> section(String question, Language language) {
    List<String> lines = sections.getOrDefault(question, Map.of()).get(language);
    if (lines == null) {
      throw new IllegalArgumentException(
          name + ".txt has no section '" + question + " " + language + "'");
    }
    return lines;
  }

  /** Read when the first page asks for it. */
  private static final class Shells {
    static final Page PAGE = Page.of("shells");
  }
}
