// SPDX-License-Identifier: Apache-2.0
package io.jishi.bench.tune;

import de.bwaldvogel.liblinear.Feature;
import io.jishi.base.Json;
import io.jishi.base.JsonObject;
import io.jishi.train.tune.Example;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The methods that a tuned model is compared with. */
final class Plain {
  private Plain() {}

  private static List<String> inputs(List<Example> examples) {
    return examples.stream().map(e -> e.prompt().getLast().content()).toList();
  }

  private static List<String> field(List<Example> examples, String field) {
    return examples.stream()
        .map(e -> JsonObject.of("answer", Json.parse("answer", e.answer())))
        .map(json -> json.text(field).orElseThrow(() -> json.missing(field)))
        .toList();
  }

  private static Logistic logistic(TfIdf space, List<String> inputs, List<String> labels) {
    return new Logistic(inputs.stream().map(space::vector).toList(), labels, space.size());
  }

  /** Logistic regression over TF-IDF features; what is a part of the text, by {@link Spans}. */
  static Method linear(Task task) {
    return new Method() {
      @Override
      public String name() {
        return "linear model on TF-IDF";
      }

      @Override
      public List<String> answers(List<Example> train, List<Example> test) {
        TfIdf space = new TfIdf(inputs(train));
        if (task.fields().isEmpty()) {
          Logistic model =
              logistic(space, inputs(train), train.stream().map(Example::answer).toList());
          return inputs(test).stream().map(t -> model.label(space.vector(t))).toList();
        }
        Logistic asks = logistic(space, inputs(train), field(train, Task.ASKS));
        Spans about = new Spans(inputs(train), field(train, Task.ABOUT));
        return inputs(test).stream()
            .map(
                t -> {
                  Map<String, Object> answer = new LinkedHashMap<>();
                  answer.put(Task.ABOUT, about.part(t));
                  answer.put(Task.ASKS, asks.label(space.vector(t)));
                  return Json.write(answer);
                })
            .toList();
      }
    };
  }

  /** The answer of the training example that is nearest by the cosine of TF-IDF vectors. */
  static Method nearest() {
    return new Method() {
      @Override
      public String name() {
        return "nearest neighbour";
      }

      @Override
      public List<String> answers(List<Example> train, List<Example> test) {
        TfIdf space = new TfIdf(inputs(train));
        List<Feature[]> known = inputs(train).stream().map(space::vector).toList();
        return inputs(test).stream()
            .map(
                text -> {
                  Feature[] vector = space.vector(text);
                  int best = 0;
                  double most = -1;
                  for (int i = 0; i < known.size(); i++) {
                    double near = TfIdf.cosine(vector, known.get(i));
                    if (near > most) {
                      most = near;
                      best = i;
                    }
                  }
                  return train.get(best).answer();
                })
            .toList();
      }
    };
  }
}
