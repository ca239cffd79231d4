// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import io.jishi.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A record, made ready to run: what is computed when, what is computed twice to save memory, and
 * where every value and gradient lies.
 *
 * <p>Moments are numbered: forward steps, the loss, then backward steps, before which the steps of
 * a segment may run forward again.
 */
final class Program implements AutoCloseable {
  /** What happens at a moment. */
  private record Action(Kind kind, int step) {}

  private enum Kind {
    FORWARD,
    LOSS,
    AGAIN,
    BACKWARD
  }

  private final List<Step> steps;
  private final List<Action> actions = new ArrayList<>();
  private final Map<Value, MemoryPlanner.Life> first = new LinkedHashMap<>();
  private final Map<Value, MemoryPlanner.Life> second = new LinkedHashMap<>();
  private final Map<Value, MemoryPlanner.Life> gradients = new LinkedHashMap<>();
  private final Map<Value, Tensor> firstData = new IdentityHashMap<>();
  private final Map<Value, Tensor> secondData = new IdentityHashMap<>();
  private final Set<Value> values;
  private final Set<Value> watched;
  private final MemoryPlanner planner = new MemoryPlanner();
  private final long bytes;
  private Arena arena;
  private int loss;

  /**
   * Plans; takes no memory yet.
   *
   * @param watched values that a loss reads and to whose gradients it adds
   * @param checkpointing whether segments between borders are computed again backwards
   */
  Program(Tape tape, Collection<Value> watched, boolean checkpointing) {
    this.steps = new ArrayList<>(tape.steps());
    this.watched = new java.util.LinkedHashSet<>(watched);
    List<Integer> borders = new ArrayList<>(tape.borders());
    Recorded.fuse(steps, borders, this.watched);
    values = Recorded.link(steps, this.watched);
    Recorded.shareGradients(steps);
    if (!checkpointing || borders.isEmpty()) {
      borders.clear();
    } else {
      borders.removeLast(); // the last segment is not needed twice
    }
    schedule(borders);
    plan(borders);
    bytes = planner.place();
  }

  private static int segment(List<Integer> borders, int step) {
    int s = 0;
    while (s < borders.size() && step >= borders.get(s)) {
      s++;
    }
    return s;
  }

  private boolean backward(int step) {
    return steps.get(step).outputs().getFirst().learns;
  }

  private void schedule(List<Integer> borders) {
    for (int i = 0; i < steps.size(); i++) {
      actions.add(new Action(Kind.FORWARD, i));
    }
    loss = actions.size();
    actions.add(new Action(Kind.LOSS, -1));
    int end = steps.size();
    for (int s = borders.size(); s >= 0; s--) {
      int begin = s == 0 ? 0 : borders.get(s - 1);
      if (s < borders.size()) {
        Set<Integer> again = again(borders, begin, end);
        for (int i = begin; i < end; i++) {
          if (again.contains(i)) {
            actions.add(new Action(Kind.AGAIN, i));
          }
        }
      }
      for (int i = end - 1; i >= begin; i--) {
        if (backward(i)) {
          actions.add(new Action(Kind.BACKWARD, i));
        }
      }
      end = begin;
    }
  }

  /** The steps of a segment that are computed again: those of whose results something is read. */
  private Set<Integer> again(List<Integer> borders, int begin, int end) {
    Set<Value> needed = new HashSet<>();
    for (int i = begin; i < end; i++) {
      if (backward(i)) {
        needed.addAll(steps.get(i).kept());
      }
    }
    Set<Integer> again = new HashSet<>();
    for (int i = end - 1; i >= begin; i--) {
      boolean wanted = false;
      for (Value out : steps.get(i).outputs()) {
        wanted |= needed.contains(out) && !crosses(borders, out);
      }
      if (wanted) {
        again.add(i);
        needed.addAll(steps.get(i).inputs());
      }
    }
    return again;
  }

  /** Whether a value is read outside of its segment, so that it is kept through. */
  private boolean crosses(List<Integer> borders, Value v) {
    if (watched.contains(v)) {
      return true;
    }
    int own = segment(borders, v.producer);
    for (int i = v.producer + 1; i < steps.size(); i++) {
      if (steps.get(i).inputs().contains(v) && segment(borders, i) != own) {
        return true;
      }
    }
    return false;
  }

  private void plan(List<Integer> borders) {
    for (Value v : values) {
      boolean twice =
          v.producer >= 0 && segment(borders, v.producer) < borders.size() && !crosses(borders, v);
      int start = v.producer < 0 ? 0 : v.producer;
      MemoryPlanner.Life life = planner.life(v.bytes(), start, start);
      first.put(v, life);
      if (watched.contains(v) || v.producer < 0) {
        life.include(loss);
      }
      for (int t = 0; t < actions.size(); t++) {
        Action a = actions.get(t);
        if (a.kind == Kind.LOSS) {
          continue;
        }
        Step step = steps.get(a.step);
        boolean made = a.kind == Kind.AGAIN && step.outputs().contains(v);
        boolean read =
            a.kind == Kind.BACKWARD ? step.kept().contains(v) : step.inputs().contains(v);
        if (!made && !read) {
          continue;
        }
        if (twice && t > loss) {
          int now = t;
          second.computeIfAbsent(v, _ -> planner.life(v.bytes(), now, now)).include(t);
        } else {
          life.include(t);
        }
      }
    }
    values.forEach(this::planGradient);
  }

  private void planGradient(Value v) {
    if (!v.learns || v.readers == 0 && !watched.contains(v)) {
      return;
    }
    for (int t = loss; t < actions.size(); t++) {
      Action a = actions.get(t);
      boolean uses =
          a.kind == Kind.LOSS && watched.contains(v)
              || a.kind == Kind.BACKWARD
                  && (steps.get(a.step).inputs().contains(v)
                      || steps.get(a.step).outputs().contains(v))
              || v.producer < 0 && t == actions.size() - 1;
      if (uses) {
        gradientLife(v.owner(), t).include(t);
      }
    }
  }

  private MemoryPlanner.Life gradientLife(Value owner, int now) {
    if (owner.gradientInPlace) {
      MemoryPlanner.Life data = second.getOrDefault(owner, first.get(owner));
      gradients.put(owner, data);
      return data;
    }
    return gradients.computeIfAbsent(owner, v -> planner.life(v.bytes(), now, now));
  }

  /** Bytes of all values and gradients at the fullest moment. */
  long bytes() {
    return bytes;
  }

  /** Scratch memory that the steps ask for. */
  long scratchBytes() {
    return steps.stream().mapToLong(Step::scratchBytes).max().orElse(0);
  }

  boolean allocated() {
    return arena != null;
  }

  /** Takes the memory and binds all values to their places in it. */
  void allocate() {
    arena = Arena.ofShared();
    MemorySegment memory = arena.allocate(Math.max(1, bytes), 64);
    first.forEach((v, life) -> firstData.put(v, tensor(v, memory, life)));
    second.forEach((v, life) -> secondData.put(v, tensor(v, memory, life)));
    gradients.forEach((v, life) -> v.bindGradient(slice(v, memory, life)));
    firstData.forEach(Value::bindData);
  }

  private static MemorySegment slice(Value v, MemorySegment memory, MemoryPlanner.Life life) {
    return memory.asSlice(life.offset(), v.bytes());
  }

  private static Tensor tensor(Value v, MemorySegment memory, MemoryPlanner.Life life) {
    return new Tensor(slice(v, memory, life), v.rows, v.cols);
  }

  /** Computes all values. */
  void forward(Machine machine) {
    for (int t = 0; t < loss; t++) {
      Step step = steps.get(t);
      for (Value out : step.outputs()) {
        out.bindData(firstData.get(out));
      }
      step.forward(machine);
    }
  }

  /** Makes the gradients of watched values zero, for the loss to add to. */
  void beginBackward() {
    values.forEach(Value::clear);
    for (Value v : watched) {
      if (v.learns) {
        v.gradient().fill((byte) 0);
        v.fill();
      }
    }
  }

  /** Sets what the load-balancing losses of mixtures count in the next backward pass. */
  void balance(double factor) {
    for (Step step : steps) {
      if (step instanceof MixtureStep mixture) {
        mixture.balance(factor);
      }
    }
  }

  /** Adds to the gradients of choices' biases by how much experts got more than their share. */
  void overload() {
    for (Step step : steps) {
      if (step instanceof MixtureStep mixture) {
        mixture.overload();
      }
    }
  }

  /** The biases of choices that learn. */
  List<Trainable> choiceBiases() {
    return steps.stream()
        .filter(MixtureStep.class::isInstance)
        .map(step -> ((MixtureStep) step).choiceBias())
        .filter(java.util.Objects::nonNull)
        .distinct()
        .toList();
  }

  /** The mean of the mixtures' load-balancing losses in the last forward pass; 0 without any. */
  double imbalance() {
    return steps.stream()
        .filter(MixtureStep.class::isInstance)
        .mapToDouble(step -> ((MixtureStep) step).imbalance())
        .average()
        .orElse(0);
  }

  /** Runs the record backwards. */
  void backward(Machine machine) {
    for (int t = loss + 1; t < actions.size(); t++) {
      Action a = actions.get(t);
      Step step = steps.get(a.step);
      if (a.kind == Kind.BACKWARD) {
        if (step.outputs().getFirst().filled()) {
          step.backward(machine);
        }
        continue;
      }
      for (Value out : step.outputs()) {
        out.bindData(secondData.getOrDefault(out, firstData.get(out)));
      }
      step.forward(machine);
    }
  }

  @Override
  public void close() {
    if (arena != null) {
      arena.close();
    }
  }
}
