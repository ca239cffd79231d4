// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says; the number stands in the build file alone. */
final class Version implements IVersionProvider {

  /** Version of Jishi. */
  static String number() {
    return Version.class.getModule().isNamed()
        ? Version.class.getModule().getDescriptor().rawVersion().orElse("unknown")
        : "unknown";
  }

  /** Version of Jishi, and of the Java that runs it. */
  static String line() {
    return "jishi "
        + number()
        + " (Java "
        + Runtime.version()
        + ", "
        + System.getProperty("os.name")
        + " "
        + System.getProperty("os.arch")
        + ")";
  }

  @Override
  public String[] getVersion() {
    return new String[] {line()};
  }
}
