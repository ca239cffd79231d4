// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import java.nio.file.Path;
import java.util.List;

/**
 * What an engine has loaded.
 *
 * @param name the model's own name, or the file's
 * @param path the file or folder it came from
 * @param architecture the family as the files name it, for example {@code llama}
 * @param parameters number of weights
 * @param tensors how the weights are stored, one entry a type
 * @param modelContext the context that the model was made for, tokens
 * @param context the context that this engine serves, tokens
 * @param vocabulary number of token ids
 * @param tokenizer what kind of tokenizer
 * @param template the model's chat template, or null where it has none
 * @param memory what a run takes
 * @param kernels which kernels run, and why
 * @param threads processors in use
 * @param speculation what guesses tokens ahead, or {@code off}, and why where it was asked for
 * @param vision the tower by which it sees, or null where it does not
 */
public record ModelInfo(
    String name,
    Path path,
    String architecture,
    long parameters,
    List<Tensors> tensors,
    int modelContext,
    int context,
    int vocabulary,
    String tokenizer,
    String template,
    Memory memory,
    String kernels,
    int threads,
    String speculation,
    String vision) {

  /**
   * The tensors of one type.
   *
   * @param type for example {@code Q8_0}
   * @param count tensors
   * @param bytes their size as stored
   */
  public record Tensors(String type, int count, long bytes) {}

  /**
   * Memory in bytes.
   *
   * @param weights the weights as they are held
   * @param cache the cache of one sequence of full context
   * @param cacheType what keys and values are cached as, for example {@code F16}
   * @param cacheTokenBytes what each token adds to the cache
   * @param workspace results on the way through the layers
   * @param jvm heap, classes and compiled code of the JVM as they are now
   */
  public record Memory(
      long weights, long cache, String cacheType, long cacheTokenBytes, long workspace, long jvm) {}
}
