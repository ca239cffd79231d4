// SPDX-License-Identifier: Apache-2.0
/**
 * The exercises that nano learns from: seeded generators, each with a verifier that decides whether
 * an answer is right.
 *
 * <p>It knows conversations and what a right answer is. It knows no tokenizer, no model and no
 * training; files are written in the form that {@code io.jishi.train} reads.
 */
package io.jishi.nano.data;
