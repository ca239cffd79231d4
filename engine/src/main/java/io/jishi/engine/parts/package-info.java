// SPDX-License-Identifier: Apache-2.0
/**
 * Tells thoughts and tool calls from text in what a model writes, as it comes.
 *
 * <p>It knows how the families write them ({@link io.jishi.engine.parts.Syntax}); it knows no
 * tokens and no grammar. What is malformed stays text.
 */
package io.jishi.engine.parts;
