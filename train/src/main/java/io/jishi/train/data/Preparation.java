// SPDX-License-Identifier: Apache-2.0
package io.jishi.train.data;

import io.jishi.base.JishiException;
import io.jishi.text.Tokenizer;
import io.jishi.text.template.ChatTemplate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * From files to the folders {@code train} and {@code heldout} of shards, in one pass over the
 * files: read, filter, split, tokenise on all cores, write in the order of the files. The result
 * does not depend on the number of threads.
 */
public final class Preparation {
  /** Text that is handed to the workers at once, in UTF-16 units. */
  private static final int ROUND = 8 << 20;

  /**
   * What is done.
   *
   * @param reading how files are cut into documents
   * @param heldOut share of the documents that are held out, {@code 0 … 0.5}; decided by a
   *     document's own text, so that it stays where it is when others are added
   * @param filter which documents are left out
   * @param threads workers
   */
  public record Options(
      Documents.Options reading, double heldOut, DocumentFilter filter, int threads) {
    /** Checks the share and the threads. */
    public Options {
      if (!(heldOut >= 0 && heldOut <= 0.5)) {
        throw new JishiException.BadRequest(
            "held-out", "the share held out must be 0 to 0.5, not " + heldOut);
      }
      if (threads < 1) {
        throw new JishiException.BadRequest("threads", "needs at least one thread");
      }
    }
  }

  /**
   * What was done.
   *
   * @param documents read
   * @param duplicates left out as equal to an earlier one
   * @param nearDuplicates left out as nearly equal to an earlier one
   * @param contaminated left out since they hold text of an evaluation set
   * @param silent conversations without an answer, left out
   * @param tokens written for training
   * @param heldOutTokens held out
   */
  public record Result(
      long documents,
      long duplicates,
      long nearDuplicates,
      long contaminated,
      long silent,
      long tokens,
      long heldOutTokens) {}

  /** Bytes of text read so far, for a line of progress. */
  public interface Progress extends Consumer<Long> {}

  private record Task(Document document, boolean heldOut, long bytes) {}

  private final Tokenizer tokenizer;
  private final ChatTokens chat;
  private final Options options;
  private long documents;
  private long silent;
  private long bytes;

  /**
   * A preparation for one model.
   *
   * @param template the model's, or null: then conversations are refused
   */
  public Preparation(Tokenizer tokenizer, ChatTemplate template, Options options) {
    this.tokenizer = tokenizer;
    this.chat = template == null ? null : new ChatTokens(tokenizer, template);
    this.options = options;
  }

  /**
   * Reads the files and writes {@code out/train} and, if a share is held out, {@code out/heldout}.
   *
   * @throws JishiException.BadFile for a file that is empty, binary or broken; it names the line
   */
  public Result run(List<Path> paths, Path out, Progress progress) {
    for (String side : List.of("train", "heldout")) {
      if (Files.exists(out.resolve(side))) {
        throw new JishiException.BadRequest(
            "out", out + ": holds data already; give another folder, or remove it first");
      }
    }
    List<Path> files = Documents.files(paths);
    byte[] digest = TokenizerDigest.of(tokenizer);
    boolean masked = isChat(files.getFirst());
    int vocabulary = tokenizer.vocabSize();
    try (ShardWriter train = ShardWriter.create(out.resolve("train"), vocabulary, digest, masked);
        ShardWriter held = ShardWriter.create(out.resolve("heldout"), vocabulary, digest, masked);
        Workers workers = new Workers(options.threads())) {
      for (Path file : files) {
        read(file, masked, train, held, workers, progress);
      }
      Map<String, Object> made = made(files);
      if (train.documents() == 0) {
        throw new JishiException.BadRequest(
            "data",
            "no document is left to train on (%d read, %d held out); take a smaller --held-out, or cut texts with --documents"
                .formatted(documents, held.documents()));
      }
      long heldTokens = held.tokens();
      if (held.documents() > 0) {
        held.commit(made);
      }
      train.commit(made);
      DocumentFilter filter = options.filter();
      return new Result(
          documents,
          filter.duplicates(),
          filter.nearDuplicates(),
          filter.contaminated(),
          silent,
          train.tokens(),
          heldTokens);
    }
  }

  private Map<String, Object> made(List<Path> files) {
    Map<String, Object> made = new LinkedHashMap<>();
    made.put("files", files.stream().map(Path::toString).toList());
    made.put("documents", options.reading().border().name());
    made.put("heldOut", options.heldOut());
    made.put("read", documents);
    made.put("duplicates", options.filter().duplicates());
    made.put("nearDuplicates", options.filter().nearDuplicates());
    made.put("contaminated", options.filter().contaminated());
    return made;
  }

  private boolean isChat(Path file) {
    try (Documents in = Documents.open(file, options.reading())) {
      Document first = in.next();
      return first != null && first.messages() != null;
    }
  }

  private void read(
      Path file,
      boolean masked,
      ShardWriter train,
      ShardWriter held,
      Workers workers,
      Progress progress) {
    try (Documents in = Documents.open(file, options.reading())) {
      List<Task> round = new ArrayList<>();
      int size = 0;
      boolean keep = false;
      boolean heldOut = false;
      for (Document next = in.next(); next != null; next = in.next()) {
        check(next, masked);
        if (!next.continues()) {
          documents++;
          keep = options.filter().keeps(next);
          heldOut = isHeldOut(next.text());
        }
        long own = next.text().getBytes(StandardCharsets.UTF_8).length;
        bytes += own;
        if (keep) {
          round.add(new Task(next, heldOut, own));
          size += next.text().length();
        }
        if (size > ROUND) {
          write(round, false, train, held, workers);
          round.clear();
          size = 0;
          progress.accept(bytes);
        }
      }
      write(round, true, train, held, workers);
      progress.accept(bytes);
    }
  }

  private void check(Document document, boolean masked) {
    if (document.messages() != null && chat == null) {
      throw new JishiException.BadRequest(
          "template", document.where() + ": is a conversation, and the model has no chat template");
    }
    if (document.messages() != null != masked) {
      throw new JishiException.BadFile(
          document.where() + ": texts and conversations are mixed; prepare them apart");
    }
  }

  private boolean isHeldOut(String text) {
    long hash = TextHash.of(text)[0] >>> 11;
    return hash * 0x1p-53 < options.heldOut();
  }

  private long openBytes;
  private Task open;

  private void write(
      List<Task> round, boolean last, ShardWriter train, ShardWriter held, Workers workers) {
    List<List<ChatTokens.Learned>> encoded = workers.map(round, this::encode);
    for (int i = 0; i < round.size(); i++) {
      Task task = round.get(i);
      if (!task.document.continues()) {
        end(train, held);
      }
      ShardWriter out = task.heldOut ? held : train;
      List<ChatTokens.Learned> parts = encoded.get(i);
      if (parts.isEmpty()) {
        silent++;
      }
      for (int p = 0; p < parts.size(); p++) {
        if (p > 0) {
          end(train, held);
        }
        open = task;
        if (!task.document.continues() && tokenizer.addsBos() && task.document.messages() == null) {
          out.add(new int[] {tokenizer.bos().getAsInt()}, null);
        }
        out.add(parts.get(p).tokens(), parts.get(p).learned());
        openBytes += p == 0 ? task.bytes : 0;
      }
    }
    if (last) {
      end(train, held);
    }
  }

  /** Ends the open document with the end token that the tokenizer names. */
  private void end(ShardWriter train, ShardWriter held) {
    if (open == null) {
      return;
    }
    ShardWriter out = open.heldOut ? held : train;
    if (open.document.messages() == null && tokenizer.eos().isPresent()) {
      out.add(new int[] {tokenizer.eos().getAsInt()}, null);
    }
    out.endDocument(openBytes);
    open = null;
    openBytes = 0;
  }

  private List<ChatTokens.Learned> encode(Task task) {
    Document document = task.document;
    if (document.messages() != null) {
      return chat.encode(document);
    }
    int[] tokens = tokenizer.encode(document.text(), Tokenizer.Special.TEXT);
    return List.of(new ChatTokens.Learned(tokens, null));
  }
}
