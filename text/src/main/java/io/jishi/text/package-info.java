// SPDX-License-Identifier: Apache-2.0
/**
 * Text to tokens and back: byte-pair encoding, byte-level and in the manner of SentencePiece, read
 * from the metadata of GGUF files and from the files of Hugging Face.
 *
 * <p>It knows the tokens of a vocabulary and their roles. It knows no tensor, no model, no file
 * format of weights, and not what a conversation is.
 */
package io.jishi.text;
