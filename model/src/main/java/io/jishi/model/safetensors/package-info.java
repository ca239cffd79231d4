// SPDX-License-Identifier: Apache-2.0
/**
 * Reads safetensors files, one by one or as the shards of a model folder, and checks the header
 * against the file before any of it is used.
 *
 * <p>It knows the file format and the two file names that Hugging Face's folders use. It knows no
 * {@code config.json}, no architecture and no arithmetic.
 */
package io.jishi.model.safetensors;
