// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A step of the model, for Java Flight Recorder; its duration is that of the step. */
@Name("jishi.Step")
@Label("Step")
@Category("Jishi")
@Description("A step of the model for all sequences that run")
@StackTrace(false)
final class StepEvent extends Event {
  @Label("Generating sequences")
  int generating;

  @Label("Prompts")
  int prompts;

  @Label("Tokens")
  int tokens;

  @Label("Guesses")
  @Description("Tokens that were guessed and computed ahead")
  int guesses;

  @Label("Waiting sequences")
  int waiting;
}
