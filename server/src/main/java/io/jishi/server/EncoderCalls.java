// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.jishi.base.Json;
import io.jishi.engine.embed.EmbedRequest;
import io.jishi.engine.embed.Embeddings;
import io.jishi.engine.embed.Input;
import io.jishi.engine.embed.Ranking;
import io.jishi.engine.embed.RerankRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * {@code POST /v1/embeddings} in OpenAI's form, with vLLM's {@code truncate_prompt_tokens: -1}; and
 * {@code POST /v1/rerank} in the form of Jina, Cohere and vLLM.
 */
final class EncoderCalls {
  /** What OpenAI takes at most in one call. */
  private static final int MAX_INPUTS = 2048;

  private final Encoders encoders;

  EncoderCalls(Encoders encoders) {
    this.encoders = encoders;
  }

  /** Vectors. */
  void embed(ServerRequest request, ServerResponse response) {
    Fields fields = Fields.of("", RequestParser.json(Generations.body(request, response)));
    if (encoders.embedder() == null) {
      throw missing("embedding", "--embed");
    }
    boolean base64 = base64(fields);
    int dimensions = fields.integer("dimensions").orElse(0);
    if (fields.has("dimensions") && dimensions < 1) {
      throw fields.wrong("dimensions", "a number above 0");
    }
    Embeddings made =
        encoders
            .embedder()
            .embed(new EmbedRequest(inputs(fields), dimensions, null, truncate(fields)));
    List<Object> data = new ArrayList<>();
    for (float[] vector : made.vectors()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("object", "embedding");
      entry.put("index", data.size());
      entry.put("embedding", base64 ? encoded(vector) : vector);
      data.add(entry);
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("object", "list");
    out.put("data", data);
    out.put("model", encoders.embedder().name());
    out.put("usage", usage(made.tokens()));
    Responses.json(response, 200, Json.write(out));
  }

  /** Scores. */
  void rerank(ServerRequest request, ServerResponse response) {
    Fields fields = Fields.of("", RequestParser.json(Generations.body(request, response)));
    if (encoders.reranker() == null) {
      throw missing("reranking", "--rerank");
    }
    String query = fields.text("query").orElseThrow(() -> fields.wrong("query", "a string"));
    List<String> documents = documents(fields);
    int top = fields.integer("top_n").orElse(documents.size());
    if (top < 1) {
      throw fields.wrong("top_n", "a number above 0");
    }
    Ranking ranking =
        encoders
            .reranker()
            .rerank(
                new RerankRequest(
                    query, documents, fields.text("instruction").orElse(null), truncate(fields)));
    boolean texts = fields.bool("return_documents");
    List<Object> results = new ArrayList<>();
    for (Ranking.Scored scored : ranking.results().subList(0, Math.min(top, documents.size()))) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("index", scored.index());
      entry.put("relevance_score", scored.score());
      if (texts) {
        entry.put("document", Map.of("text", documents.get(scored.index())));
      }
      results.add(entry);
    }
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("id", "rerank-" + UUID.randomUUID());
    out.put("model", encoders.reranker().name());
    out.put("results", results);
    out.put("usage", usage(ranking.tokens()));
    Responses.json(response, 200, Json.write(out));
  }

  private static ApiError.Refused missing(String what, String option) {
    return new ApiError.Refused(
        ApiError.request(
            404,
            "model_not_found",
            "no " + what + " model is served here: start the server with " + option + " MODEL"));
  }

  private static boolean base64(Fields fields) {
    String format = fields.text("encoding_format").orElse("float");
    if (!format.equals("float") && !format.equals("base64")) {
      throw fields.wrong("encoding_format", "\"float\" or \"base64\"");
    }
    return format.equals("base64");
  }

  /** Texts that are too long are cut only where the caller says so. */
  private static boolean truncate(Fields fields) {
    int most = fields.integer("truncate_prompt_tokens").orElse(0);
    if (fields.has("truncate_prompt_tokens") && most != -1) {
      throw fields.wrong("truncate_prompt_tokens", "-1: at the model's own length");
    }
    return most == -1;
  }

  /** A text, several, tokens, or several lists of them. */
  private static List<Input> inputs(Fields fields) {
    String expected = "a string, an array of strings, or arrays of token ids";
    Object raw = fields.raw("input");
    if (raw instanceof String text) {
      return List.of(Input.of(text));
    }
    if (!(raw instanceof List<?> list) || list.isEmpty() || list.size() > MAX_INPUTS) {
      throw fields.wrong("input", expected + ", at most " + MAX_INPUTS);
    }
    if (list.getFirst() instanceof Long) {
      return List.of(tokens(fields, list, expected));
    }
    List<Input> inputs = new ArrayList<>();
    for (Object item : list) {
      inputs.add(
          item instanceof String text
              ? Input.of(text)
              : item instanceof List<?> ids && !ids.isEmpty()
                  ? tokens(fields, ids, expected)
                  : wrong(fields, expected));
    }
    return inputs;
  }

  private static Input wrong(Fields fields, String expected) {
    throw fields.wrong("input", expected);
  }

  private static Input tokens(Fields fields, List<?> ids, String expected) {
    int[] tokens = new int[ids.size()];
    for (int i = 0; i < tokens.length; i++) {
      if (!(ids.get(i) instanceof Long id) || id < 0 || id > Integer.MAX_VALUE) {
        throw fields.wrong("input", expected);
      }
      tokens[i] = id.intValue();
    }
    return new Input.Tokens(tokens);
  }

  /** Strings, or objects with a text. */
  private static List<String> documents(Fields fields) {
    List<Object> list =
        fields
            .array("documents")
            .filter(l -> !l.isEmpty() && l.size() <= MAX_INPUTS)
            .orElseThrow(
                () -> fields.wrong("documents", "an array of 1 to " + MAX_INPUTS + " strings"));
    List<String> documents = new ArrayList<>();
    for (Object item : list) {
      if (item instanceof String text) {
        documents.add(text);
      } else {
        Fields object = Fields.of("documents[" + documents.size() + "]", item);
        documents.add(object.text("text").orElseThrow(() -> object.wrong("text", "a string")));
      }
    }
    return documents;
  }

  private static Map<String, Object> usage(int tokens) {
    Map<String, Object> usage = new LinkedHashMap<>();
    usage.put("prompt_tokens", tokens);
    usage.put("total_tokens", tokens);
    return usage;
  }

  /** Little-endian floats, as OpenAI's clients decode them. */
  private static String encoded(float[] vector) {
    ByteBuffer bytes = ByteBuffer.allocate(vector.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    for (float v : vector) {
      bytes.putFloat(v);
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
