// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine;

import io.jishi.base.JishiException;
import io.jishi.engine.cache.SessionFile;
import io.jishi.model.Model;
import io.jishi.model.StoredTensor;
import io.jishi.tensor.Backend;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A digest of all that the content of a cache depends on besides tokens: model, adapter, context,
 * precision, type of the cache, kind of processor. Of each weight it takes name, type, shape and a
 * few samples, since a session is to be written sooner than gigabytes are read.
 */
final class Identity {
  private static final int SAMPLES = 4;
  private static final int SAMPLE_BYTES = 1024;

  private Identity() {}

  static byte[] of(Model model, EngineOptions options, int context) {
    MessageDigest digest = sha256();
    add(digest, model.decoder().spec().toString());
    add(digest, Backend.cpu().description());
    add(digest, options.precision() + " " + options.cacheType() + " " + context);
    for (StoredTensor tensor : new TreeMap<>(model.tensors()).values()) {
      add(digest, tensor.name() + " " + tensor.type() + " " + tensor.shape());
      MemorySegment data = tensor.data();
      long step = Math.max(1, data.byteSize() / SAMPLES);
      for (long at = 0; at < data.byteSize(); at += step) {
        long count = Math.min(SAMPLE_BYTES, data.byteSize() - at);
        digest.update(data.asSlice(at, count).asByteBuffer());
      }
    }
    if (options.adapter() != null) {
      adapter(digest, options.adapter());
    }
    byte[] sum = digest.digest();
    if (sum.length != SessionFile.DIGEST) {
      throw new IllegalStateException("SHA-256 of " + sum.length + " bytes");
    }
    return sum;
  }

  private static void adapter(MessageDigest digest, Path path) {
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> sorted = files.filter(Files::isRegularFile).sorted().toList();
      for (Path file : sorted) {
        add(digest, path.relativize(file).toString());
        digest.update(Files.readAllBytes(file));
      }
    } catch (IOException e) {
      throw new JishiException.BadFile(path + ": the adapter cannot be read: " + e, e);
    }
  }

  private static void add(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
    digest.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
