// SPDX-License-Identifier: Apache-2.0
/**
 * From files to batches: documents are read from text, JSONL and Parquet, tokenised once into
 * memory-mapped shards, and drawn from there in a seeded order that can be resumed.
 *
 * <p>It knows tokenizers, chat templates and files. It knows no tensor, model, loss or run: what
 * leaves it are token ids, labels and the borders of documents.
 */
package io.jishi.train.data;
