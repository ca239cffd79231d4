// SPDX-License-Identifier: Apache-2.0
/**
 * Reads GGUF files, versions 2 and 3, in one part or many, and checks every count, length and
 * offset against the file before it is used.
 *
 * <p>It knows the file format (the specification in ggml's {@code docs/gguf.md}): metadata as plain
 * Java values, tensors as stored bytes. It knows no architecture, no tokenizer and no arithmetic.
 */
package io.jishi.model.gguf;
