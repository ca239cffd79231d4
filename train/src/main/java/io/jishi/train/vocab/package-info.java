// SPDX-License-Identifier: Apache-2.0
/**
 * Learns vocabularies from text: byte-level BPE and unigram, written as {@code tokenizer.json}.
 *
 * <p>It knows documents and words. It knows no tensor, model or batch; reading such a file is the
 * tokenizers' business.
 */
package io.jishi.train.vocab;
