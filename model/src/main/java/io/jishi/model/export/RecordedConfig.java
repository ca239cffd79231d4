// SPDX-License-Identifier: Apache-2.0
package io.jishi.model.export;

import io.jishi.model.ModelConfig;
import io.jishi.model.RopeSpec;
import io.jishi.model.TensorRole;
import io.jishi.tensor.Rope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The configuration of a GGUF file that remembers what a family asked of it: asked again, a {@code
 * config.json} of these answers gives the same spec. What the file does not say is not remembered;
 * then the family's own value stands in both.
 */
final class RecordedConfig implements ModelConfig {
  private final ModelConfig file;
  private final Map<String, Object> answers = new LinkedHashMap<>();
  private RopeSpec.Scaling scaling = new RopeSpec.Plain();

  RecordedConfig(ModelConfig file) {
    this.file = file;
  }

  /** The answers, under the names that were asked for. */
  Map<String, Object> answers() {
    return answers;
  }

  /** How rotary frequencies are changed. */
  RopeSpec.Scaling scaling() {
    return scaling;
  }

  /** A number of single precision as it was written, not as it is widened. */
  static double plain(double value) {
    return Double.parseDouble(Float.toString((float) value));
  }

  @Override
  public String source() {
    return file.source();
  }

  @Override
  public String architecture() {
    return file.architecture();
  }

  @Override
  public boolean gguf() {
    return true;
  }

  @Override
  public boolean has(String name) {
    return file.has(name);
  }

  @Override
  public OptionalInt integer(String name) {
    OptionalInt value = file.integer(name);
    value.ifPresent(n -> answers.putIfAbsent(name, (long) n));
    return value;
  }

  @Override
  public OptionalDouble number(String name) {
    OptionalDouble value = file.number(name);
    value.ifPresent(x -> answers.putIfAbsent(name, plain(x)));
    return value;
  }

  @Override
  public boolean flag(String name, boolean absent) {
    boolean value = file.flag(name, absent);
    if (value != absent) {
      answers.putIfAbsent(name, value);
    }
    return value;
  }

  @Override
  public String text(String name, String absent) {
    String value = file.text(name, absent);
    if (!value.equals(absent)) {
      answers.putIfAbsent(name, value);
    }
    return value;
  }

  @Override
  public List<Double> numbers(String name) {
    return file.numbers(name);
  }

  @Override
  public List<String> texts(String name) {
    List<String> values = file.texts(name);
    if (!values.isEmpty()) {
      answers.putIfAbsent(name, values);
    }
    return values;
  }

  @Override
  public ModelConfig with(String name, Object value) {
    return file.with(name, value);
  }

  @Override
  public ModelConfig inner(String name) {
    return file.inner(name);
  }

  @Override
  public int require(String name) {
    int value = file.require(name);
    answers.putIfAbsent(name, (long) value);
    return value;
  }

  @Override
  public boolean bias(String name, boolean absent, TensorRole role) {
    boolean value = file.bias(name, absent, role);
    answers.putIfAbsent(name, value);
    return value;
  }

  @Override
  public boolean stored(TensorRole role) {
    return file.stored(role);
  }

  @Override
  public Rope.Style ropeStyle(Rope.Style published) {
    return file.ropeStyle(published);
  }

  @Override
  public RopeSpec.Scaling ropeScaling(String layers) {
    scaling = file.ropeScaling(layers);
    return scaling;
  }

  @Override
  public double ropeBase(String layers, double absent) {
    double base = file.ropeBase(layers, absent);
    answers.putIfAbsent("rope_theta", plain(base));
    return base;
  }

  @Override
  public boolean tiedOutput(boolean absent) {
    boolean tied = file.tiedOutput(absent);
    answers.putIfAbsent("tie_word_embeddings", tied);
    return tied;
  }
}
