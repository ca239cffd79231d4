// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks that a command line which we show to people is one that we take. */
final class Examples {
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  private Examples() {}

  /** Parses each command of a pipe; one that is wrong throws. */
  static void parse(String example) {
    for (String command : example.split("\\|")) {
      List<String> words = words(command);
      if (words.getFirst().matches("(\\./)?jishi")) {
        Cli.commandLine(new Session().shell(OutputStream.nullOutputStream()))
            .parseArgs(words.subList(1, words.size()).toArray(String[]::new));
      }
    }
  }

  private static List<String> words(String command) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(command.strip());
    while (matcher.find()) {
      words.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
    }
    return words;
  }
}
