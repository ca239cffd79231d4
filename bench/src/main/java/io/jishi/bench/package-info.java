// SPDX-License-Identifier: Apache-2.0
/**
 * JMH benchmarks of single operations. It knows the waist and nothing of models; whole models are
 * measured by {@code jishi bench}, beside the limits of the machine.
 */
package io.jishi.bench;
