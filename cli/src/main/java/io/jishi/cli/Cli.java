// SPDX-License-Identifier: Apache-2.0
package io.jishi.cli;

import io.jishi.base.JishiException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command itself: the table of its subcommands, and what errors look like. */
@Command(
    name = "jishi",
    description = "Runs and serves open language models on the JVM.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    commandListHeading = "%nCommands:%n",
    footer = {
      "",
      "Examples:",
      "  jishi run \"What is 123 + 456?\"",
      "  jishi run -m model.gguf \"Once upon a time\"",
      "",
      "Exit codes: 0 done, 1 failed, 2 wrong usage.",
      "Environment:",
      "  JISHI_JAVA_HOME   the JDK to use, 25.0.3 or later",
      "  JISHI_JAVA_OPTS   further options of the JVM, such as -Xmx8g",
      "  JISHI_DEBUG=1     show where an error came from, as --verbose does"
    })
final class Cli implements Callable<Integer> {
  private static final int HELP_WIDTH = 100;

  private final Shell shell;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "show where an error came from")
  private boolean verbose;

  private Cli(Shell shell) {
    this.shell = shell;
  }

  /** Runs one command; returns the exit code. */
  static int run(Shell shell, String... args) {
    Cli cli = new Cli(shell);
    try {
      if (args.length == 1 && args[0].equals("--version")) {
        shell.out().println(Version.line()); // the table of commands takes longer than all else
        return ExitCode.OK;
      }
      return cli.commandLine().execute(args);
    } catch (Output.Failed | Error e) {
      return cli.report(e);
    }
  }

  /** All commands with their options; tests parse with it. */
  static CommandLine commandLine(Shell shell) {
    return new Cli(shell).commandLine();
  }

  private CommandLine commandLine() {
    CommandLine line = new CommandLine(this);
    for (ModelCommand command : commands()) {
      line.addSubcommand(command);
    }
    line.addSubcommand(Groups.tokenizer(shell));
    line.addSubcommand(Groups.data(shell));
    line.addSubcommand(Groups.nano(shell));
    line.addSubcommand(new CommandLine.HelpCommand());
    return line.setExpandAtFiles(false) // a prompt may begin with @
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpWidth(HELP_WIDTH)
        .setOut(shell.out().writer())
        .setErr(shell.err().writer())
        .setParameterExceptionHandler((e, _) -> wrongUsage(e))
        .setExecutionExceptionHandler((e, _, _) -> report(e));
  }

  private List<ModelCommand> commands() {
    List<ModelCommand> commands = new ArrayList<>();
    commands.add(new RunCommand(shell));
    commands.add(new ChatCommand(shell));
    commands.add(new ServeCommand(shell));
    commands.add(new InfoCommand(shell));
    commands.add(new TokenizeCommand(shell));
    commands.add(new DetokenizeCommand(shell));
    commands.add(new LogitsCommand(shell));
    commands.add(new BenchCommand(shell));
    commands.add(new TrainCommand(shell));
    commands.add(new TuneCommand(shell));
    commands.add(new ExportCommand(shell));
    commands.add(new ConvertCommand(shell));
    commands.add(new EmbedCommand(shell));
    commands.add(new RerankCommand(shell));
    commands.add(new ClassifyCommand(shell));
    return commands;
  }

  /** Without a command: the help, as an error. */
  @Override
  public Integer call() {
    commandLine().usage(shell.err().writer());
    return ExitCode.USAGE;
  }

  private int wrongUsage(ParameterException e) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    shell.note(e.getMessage() + hint(e) + " (see '" + command + " --help')");
    return ExitCode.USAGE;
  }

  private static String hint(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return "";
    }
    if (!unmatched.getSuggestions().isEmpty()) {
      return "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
    }
    return unmatched.isUnknownOption() ? "; a text that begins with - goes after --" : "";
  }

  /** Says in one line what went wrong; returns the exit code. */
  private int report(Throwable e) {
    if (e instanceof Output.Failed failed && failed.brokenPipe()) {
      return ExitCode.OK; // the reader has seen enough
    }
    shell.note(
        switch (e) {
          case JishiException known -> known.getMessage();
          case Output.Failed failed -> failed.getMessage();
          case OutOfMemoryError _ -> outOfMemory();
          default -> "internal error: " + e + "; run again with --verbose to see where";
        });
    if (verbose || !shell.environment().getOrDefault("JISHI_DEBUG", "").isEmpty()) {
      e.printStackTrace(shell.err().writer());
    }
    return ExitCode.SOFTWARE;
  }

  private static String outOfMemory() {
    long heap = Runtime.getRuntime().maxMemory();
    return "out of memory: the Java heap of "
        + Text.bytes(heap)
        + " is full; raise it with JISHI_JAVA_OPTS=-Xmx…, or take a smaller --ctx";
  }
}
