// SPDX-License-Identifier: Apache-2.0
package io.jishi.engine.grammar;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The token masks of one automaton over one vocabulary. A mask is put together from summaries, one
 * for each place and one for each place below that a token may reach into; each is made on first
 * use and then kept. So a long string within ten levels of objects costs one walk over the
 * vocabulary in all, and after that a few thousand machine words a token.
 *
 * <p>Safe for use by several threads.
 */
final class Masks {
  /** Summaries are forgotten beyond this, bytes, to be made again at need. */
  private static final long MAX_BYTES = 256L << 20;

  final Automaton automaton;
  final TokenTrie trie;
  private final Configs configs;
  private final Map<Integer, Summary> summaries = new HashMap<>();
  private final Config[] path;
  private final long[] scratch;
  private final Closing closing = new Closing(this);
  private int[] exits = new int[256];
  private int exitCount;
  private long bytes;

  Masks(Automaton automaton, TokenTrie trie) {
    this.automaton = automaton;
    this.trie = trie;
    this.configs = new Configs(automaton);
    this.path = new Config[trie.deepest + 1];
    this.scratch = new long[words()];
  }

  /** Words of 64 tokens in a mask. */
  int words() {
    return (trie.vocabulary + 63) / 64;
  }

  synchronized Config start() {
    return configs.start();
  }

  /** After a token; {@link Config#DEAD} where it does not fit. */
  synchronized Config step(Config from, int token) {
    byte[] bytes = trie.bytes(token);
    if (bytes.length == 0) {
      return configs.stepToken(from, token);
    }
    return step(from, bytes, 0);
  }

  /** After bytes from an index on. */
  synchronized Config step(Config from, byte[] bytes, int at) {
    Config config = from;
    for (int i = at; i < bytes.length && config != Config.DEAD; i++) {
      config = configs.step(config, bytes[i] & 0xFF);
    }
    return config;
  }

  /** Sets the bits of all tokens that fit; others stay as they are. */
  synchronized void add(Config config, long[] mask) {
    for (Frame frame : config.frames) {
      Summary summary = summary(frame.node);
      summary.addTo(mask);
      for (Frame below = frame.parent;
          below != null && summary.exits.length > 0;
          below = below.parent) {
        summary = through(summary, below.node);
        summary.addTo(mask);
      }
    }
  }

  /** Sets the bits of the tokens whose rest, from a node of the trie on, fits. */
  synchronized void addFrom(Config config, int node, long[] mask) {
    begin();
    walk(config, node);
    for (int w = 0; w < mask.length; w++) {
      mask[w] |= scratch[w];
    }
  }

  /**
   * Sets the bits of the tokens that follow a shortest way to the end; none where the end is
   * reached.
   */
  synchronized void addShortest(Config config, long[] mask) {
    Config at = config;
    int node = 0;
    while (node >= 0 && at.cost() > 0) {
      int token = node == 0 ? shortestToken(at) : -1;
      if (token >= 0) {
        set(mask, token);
        return;
      }
      int b = shortestByte(at);
      node = b < 0 ? -1 : trie.child(node, b);
      if (node >= 0) {
        at = configs.step(at, b);
        for (int i = trie.first[node]; i < trie.first[node + 1]; i++) {
          set(mask, trie.tokens[i]);
        }
      }
    }
  }

  /** Tokens to the end: see {@link Closing#tokens}. */
  synchronized long closing(Config config) {
    return closing.tokens(config);
  }

  /** Whether every token that fits leaves the end so near; see {@link Closing}. */
  synchronized boolean allClose(Config config, long within) {
    return closing.worst(config) <= within;
  }

  /** Sets the bits of the tokens that leave the end so near; see {@link Closing#add}. */
  synchronized void addClosing(Config config, int node, long within, long[] mask) {
    closing.add(config, node, within, mask);
  }

  /** A control token that begins a shortest way, or −1. */
  int shortestToken(Config at) {
    for (Frame f : at.frames) {
      int[] tokens = automaton.nodes[f.node].tokens;
      for (int k = 0; k < tokens.length && f.cost == at.cost(); k += 2) {
        if (automaton.nodes[tokens[k + 1]].cost < automaton.nodes[f.node].cost) {
          return tokens[k];
        }
      }
    }
    return -1;
  }

  /** After one byte. */
  Config stepByte(Config at, int b) {
    return configs.step(at, b);
  }

  /** A byte that begins a shortest way, or −1. */
  int shortestByte(Config at) {
    for (Frame f : at.frames) {
      int[] edges = automaton.nodes[f.node].edges;
      for (int k = 0; k < edges.length && f.cost == at.cost(); k += 3) {
        if (automaton.nodes[edges[k + 2]].cost < automaton.nodes[f.node].cost) {
          return edges[k];
        }
      }
    }
    return -1;
  }

  private static void set(long[] mask, int token) {
    mask[token >> 6] |= 1L << token;
  }

  private Summary summary(int node) {
    Summary known = summaries.get(node);
    if (known != null) {
      return known;
    }
    String key = automaton.key(node);
    Summary shared = key == null ? null : trie.shared(key);
    Summary made = shared == null ? explored(node) : shared.alone();
    if (shared == null && key != null) {
      trie.share(key, made.alone());
    }
    if (bytes > MAX_BYTES) {
      summaries.clear();
      bytes = made.bytes();
    }
    summaries.put(node, made);
    return made;
  }

  private Summary explored(int node) {
    begin();
    walk(configs.only(node), 0);
    int[] tokens = automaton.nodes[node].tokens;
    for (int k = 0; k < tokens.length; k += 2) {
      set(scratch, tokens[k]);
    }
    return made();
  }

  private Summary through(Summary above, int node) {
    Summary known = above.through.get(node);
    if (known != null) {
      return known;
    }
    begin();
    Config config = configs.within(node);
    for (int exit : above.exits) {
      if (config.done) {
        addExit(exit);
      }
      walk(config, exit);
    }
    Summary made = made();
    above.through.put(node, made);
    return made;
  }

  private void begin() {
    Arrays.fill(scratch, 0);
    exitCount = 0;
  }

  private Summary made() {
    Summary made = new Summary(scratch, trie.vocabulary, sortedExits());
    bytes += made.bytes();
    return made;
  }

  private int[] sortedExits() {
    Arrays.sort(exits, 0, exitCount);
    int n = 0;
    for (int i = 0; i < exitCount; i++) {
      if (i == 0 || exits[i] != exits[i - 1]) {
        exits[n++] = exits[i];
      }
    }
    return Arrays.copyOf(exits, n);
  }

  private void addExit(int node) {
    if (exitCount == exits.length) {
      exits = Arrays.copyOf(exits, 2 * exitCount);
    }
    exits[exitCount++] = node;
  }

  /** What is done with each node of the trie, or control token, to which the text may go on. */
  interface Reached {
    void at(int which, Config to);
  }

  /** Marks the tokens below a node of the trie whose bytes from there on fit. */
  private void walk(Config start, int from) {
    each(
        start,
        from,
        (node, now) -> {
          for (int i = trie.first[node]; i < trie.first[node + 1]; i++) {
            set(scratch, trie.tokens[i]);
          }
          if (now.done && trie.end[node] > node + 1) {
            addExit(node);
          }
        });
  }

  /** Goes through the places below a node of the trie whose bytes from there on fit. */
  void each(Config start, int from, Reached reached) {
    int base = trie.depth[from];
    path[base] = start;
    int end = trie.end[from];
    int node = from + 1;
    while (node < end) {
      int depth = trie.depth[node];
      int b = trie.label[node] & 0xFF;
      Config before = path[depth - 1];
      Config now = before.next(b);
      if (now == null) {
        now = configs.step(before, b);
      }
      if (now == Config.DEAD) {
        node = trie.end[node];
        continue;
      }
      path[depth] = now;
      reached.at(node, now);
      node++;
    }
  }
}
