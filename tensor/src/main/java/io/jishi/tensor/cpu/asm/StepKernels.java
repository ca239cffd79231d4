// SPDX-License-Identifier: Apache-2.0
package io.jishi.tensor.cpu.asm;

/** The kernels of training on rows of one level. For all threads. */
public final class StepKernels {
  final Kernel max;
  final Kernel exponentials;
  final Kernel dots;
  final Kernel scale;
  final Kernel add;
  final Kernel adamW;
  final Kernel siluGate;
  final Kernel rmsNorm;
  final Kernel rmsNormAdding;
  final Kernel turnHalves;
  final Kernel turnPairs;

  /** Emits them all. */
  public StepKernels(Level level) {
    max = Kernels.load("max", StepReductions.max(level));
    exponentials = Kernels.load("exponentials", StepReductions.exponentials(level));
    dots = Kernels.load("dots", StepReductions.dots(level));
    scale = Kernels.load("scale", StepUpdates.scale(level));
    add = Kernels.load("add to", StepUpdates.add(level));
    adamW = Kernels.load("adamW", StepUpdates.adamW(level));
    siluGate = Kernels.load("gradient of the gate", StepGradients.siluGate(level));
    rmsNorm = Kernels.load("gradient of the norm", StepGradients.rmsNorm(level, false));
    rmsNormAdding = Kernels.load("gradient added of the norm", StepGradients.rmsNorm(level, true));
    turnHalves = Kernels.load("turned halves", StepTurns.halves(level));
    turnPairs = Kernels.load("turned pairs", StepTurns.pairs(level));
  }
}
