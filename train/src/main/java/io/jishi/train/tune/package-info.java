// SPDX-License-Identifier: Apache-2.0
/**
 * A model specialised to one narrow task from a file of examples: classification, extraction, short
 * answers. Knows recipes, the runs that they make and the engine that judges what came out; does
 * not know the command line, nor which model is built in.
 */
package io.jishi.train.tune;
