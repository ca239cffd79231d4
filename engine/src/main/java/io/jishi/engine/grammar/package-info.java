// SPDX-License-Identifier: Apache-2.0
/**
 * Constrained decoding: which tokens may come next so that the text stays within a grammar.
 *
 * <p>Regular expressions, GBNF and JSON schemas become rules of {@link
 * io.jishi.engine.grammar.Expr}, rules become one pushdown automaton over bytes ({@link
 * io.jishi.engine.grammar.Automaton}), and that with a vocabulary gives token masks ({@link
 * io.jishi.engine.grammar.Masks}). It knows bytes and token ids; it knows no model, no sampler, no
 * request.
 */
package io.jishi.engine.grammar;
