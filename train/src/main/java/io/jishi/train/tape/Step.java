// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.tape;

import java.util.List;

/** One recorded operation and its gradient. */
interface Step {
  /** What it reads. */
  List<Value> inputs();

  /** What it makes: the result first, then what only its backward pass reads. */
  List<Value> outputs();

  /** Values, inputs or outputs, whose data the backward pass reads. */
  List<Value> kept();

  /** Whether it has weights that learn. */
  boolean learns();

  /** Computes the outputs. */
  void forward(Machine machine);

  /** Adds to the gradients of the inputs that learn, and of the weights, that of the result. */
  void backward(Machine machine);

  /** Bytes of the machine's scratch memory that it asks for. */
  default long scratchBytes() {
    return 0;
  }

  /** An input whose gradient may be written over its data, which nobody reads then; or null. */
  default Value overwritten() {
    return null;
  }
}
