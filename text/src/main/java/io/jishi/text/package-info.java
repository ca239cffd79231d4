// SPDX-License-Identifier: Apache-2.0
/**
 * Text to tokens and back: byte-pair encoding, byte-level and in the manner of SentencePiece,
 * unigram, WordPiece and the longest match of RWKV, read from the metadata of GGUF files, from the
 * files of Hugging Face and from those that the models' authors publish. {@link
 * io.jishi.text.FolderTokenizer} has the table of files, algorithms and classes.
 *
 * <p>It knows the tokens of a vocabulary and their roles. It knows no tensor, no model, no file
 * format of weights, and not what a conversation is.
 */
package io.jishi.text;
