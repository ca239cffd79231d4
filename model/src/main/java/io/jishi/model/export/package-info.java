// SPDX-License-Identifier: Apache-2.0
/**
 * Writes models: safetensors folders in the published layout, GGUF files, and the blocks of plain
 * and quantised types. What is written is streamed, synced and then renamed into place; nothing
 * that exists is ever overwritten.
 *
 * <p>It knows file formats and the tables of tensor names; it knows nothing of training, and
 * computes nothing with a model.
 */
package io.jishi.model.export;
