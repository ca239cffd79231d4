// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.jishi.engine.TokenLogprob;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Writes log-probabilities as OpenAI's two APIs do.
 *
 * @param pieces the text of a token
 */
record LogprobWriter(IntFunction<String> pieces) {

  Map<String, Object> write(List<TokenLogprob> list, boolean chat) {
    return chat ? chat(list) : completion(list);
  }

  private Map<String, Object> chat(List<TokenLogprob> list) {
    List<Object> content = new ArrayList<>();
    for (TokenLogprob t : list) {
      Map<String, Object> item = token(t.token(), t.logprob());
      item.put("top_logprobs", t.top().stream().map(c -> token(c.token(), c.logprob())).toList());
      content.add(item);
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("content", content);
    out.put("refusal", null);
    return out;
  }

  private Map<String, Object> token(int token, float logprob) {
    String text = pieces.apply(token);
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    List<Object> bytes = new ArrayList<>(utf8.length);
    for (byte b : utf8) {
      bytes.add(b & 0xFF);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("token", text);
    map.put("logprob", logprob);
    map.put("bytes", bytes);
    return map;
  }

  private Map<String, Object> completion(List<TokenLogprob> list) {
    Map<String, Object> out = new LinkedHashMap<>();
    List<Object> top = new ArrayList<>();
    for (TokenLogprob t : list) {
      Map<String, Object> of = new LinkedHashMap<>();
      t.top().forEach(c -> of.put(pieces.apply(c.token()), c.logprob()));
      top.add(of);
    }
    out.put("tokens", list.stream().map(t -> pieces.apply(t.token())).toList());
    out.put("token_logprobs", list.stream().map(TokenLogprob::logprob).toList());
    out.put("top_logprobs", top);
    return out;
  }
}
