// SPDX-License-Identifier: Apache-2.0
package io.jishi.bench.tune;

import io.jishi.base.JishiException;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.train.tune.Example;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A task with its examples, in a seeded order.
 *
 * @param title for the page
 * @param about what it is, whence, under which licence
 * @param fields of its JSON answers; empty where an answer is a label
 * @param instruction what a language model is told after the question; empty for nothing
 * @param train to learn from; smaller sizes are its beginning
 * @param test to judge by
 */
record Task(
    String title,
    String about,
    List<String> fields,
    String instruction,
    List<Example> train,
    List<Example> test) {
  /** Fields of the extraction task: what a question is about, and what it asks of that. */
  static final String ABOUT = "about";

  static final String ASKS = "asks";

  private static final int TRAIN = 1000;
  private static final long SEED = 1;
  private static final int LONGEST = 240; // characters: short questions, not passages

  private static final Pattern FOCUS = Pattern.compile("<Focus>([^<]*)</Focus>");
  private static final Pattern QUESTION =
      Pattern.compile("<Question [^>]*qtype=\"([^\"]*)\">([^<]*)</Question>");

  /** The school subject of a question: those of MMLU's high-school part, without passages. */
  static Task subjects(Path file) {
    List<Example> all = new ArrayList<>();
    Map<String, Integer> counts = new TreeMap<>();
    for (String line : lines(file)) {
      JsonObject json = JsonObject.of(file.toString(), Json.parse(file.toString(), line));
      String subject = json.text("subject").orElseThrow(() -> json.missing("subject"));
      String question = json.text("question").orElseThrow(() -> json.missing("question"));
      boolean wanted = subject.startsWith("high_school_") && !subject.endsWith("history");
      if (wanted && question.length() <= LONGEST && !question.isBlank()) {
        String label = subject.substring("high_school_".length()).replace('_', ' ');
        counts.merge(label, 1, Integer::sum);
        all.add(Example.of(question.strip(), label, file.toString()));
      }
    }
    Collections.shuffle(all, new Random(SEED));
    return new Task(
        "School subject of a question",
        "Questions of MMLU (Hendrycks et al. 2021, MIT licence) from its high-school part, at most "
            + LONGEST
            + " characters long; the answer is one of "
            + counts.size()
            + " subjects: "
            + String.join(", ", counts.keySet())
            + ".",
        List.of(),
        "",
        all.subList(0, TRAIN),
        all.subList(TRAIN, TRAIN + 500));
  }

  /** What a medical question is about and what it asks: MedQuAD, no subject on both sides. */
  static Task extraction(Path folder) {
    Map<String, List<Example>> bySubject = new LinkedHashMap<>();
    Set<String> seen = new HashSet<>();
    for (Path file : xml(folder)) {
      String text = String.join("\n", lines(file));
      Matcher focus = FOCUS.matcher(text);
      if (!focus.find()) {
        continue;
      }
      String about = plain(focus.group(1));
      Matcher question = QUESTION.matcher(text);
      while (question.find()) {
        String asked = plain(question.group(2));
        if (asked.length() <= LONGEST && asked.contains(about) && seen.add(asked)) {
          Map<String, Object> answer = new LinkedHashMap<>();
          answer.put(ABOUT, about);
          answer.put(ASKS, question.group(1));
          Example example = Example.of(asked, Json.write(answer), file.toString());
          bySubject.computeIfAbsent(about, _ -> new ArrayList<>()).add(example);
        }
      }
    }
    Random random = new Random(SEED);
    List<List<Example>> groups = new ArrayList<>(bySubject.values());
    Collections.shuffle(groups, random);
    // One question of each subject: the names in the test are names never seen.
    List<Example> all =
        groups.stream().limit(TRAIN + 300).map(g -> g.get(random.nextInt(g.size()))).toList();
    return new Task(
        "What a medical question is about, as JSON",
        "Questions of MedQuAD (Ben Abacha and Demner-Fushman 2019, CC BY 4.0); the answer is"
            + " {\"about\": the disease, drug or test as it stands in the question, \"asks\": one"
            + " of the set's question types}. No disease, drug or test is in both halves. The"
            + " questions were written by patterns, so that the types are easy; names are long and"
            + " rare.",
        List.of(ABOUT, ASKS),
        "\nAnswer in JSON: {\"about\":\"string\",\"asks\":\"string\"}",
        all.subList(0, TRAIN),
        all.subList(TRAIN, TRAIN + 300));
  }

  private static List<Path> xml(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(f -> f.toString().endsWith(".xml")).sorted().toList();
    } catch (IOException e) {
      throw new JishiException.BadFile(folder + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new JishiException.BadFile(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String plain(String xml) {
    return xml.replace("&apos;", "'")
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
        .strip();
  }
}
