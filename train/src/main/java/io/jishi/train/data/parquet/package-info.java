// SPDX-License-Identifier: Apache-2.0
/**
 * Parquet files whose pages are compressed by Snappy or Zstandard, made readable for a reader that
 * would need native code for them: {@link io.jishi.train.data.parquet.PlainCopy} writes a column
 * again without compression. It knows the two formats, Thrift's compact protocol and where a footer
 * keeps places and sizes; it does not know what values a page holds.
 */
package io.jishi.train.data.parquet;
