// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.jishi.base.JishiException;
import io.jishi.engine.Message;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestParserTest {
  private static final String MESSAGES = "'messages':[{'role':'user','content':'Hi'}]";

  @Test
  void aBareChatTakesTheModelsDefaults() {
    Call call = chat("{" + MESSAGES + "}");
    Prompt prompt = new Prompt.Chat(List.of(Message.user("Hi")), Map.of());
    Request request = new Request(prompt, null, 0, List.of());
    assertThat(call).isEqualTo(new Call(Call.Api.CHAT, "", request, false, false));
  }

  @Test
  void everyFieldIsHandedOn() {
    Call call =
        chat(
            "{'model':'m','max_tokens':9,'temperature':0.5,'top_p':0.25,'top_k':4,'min_p':0.125,"
                + "'seed':42,'stop':['a','b'],'stream':true,'stream_options':{'include_usage':true},"
                + "'n':1,'user':'me','chat_template_kwargs':{'enable_thinking':false},"
                + MESSAGES
                + "}");
    Prompt prompt = new Prompt.Chat(List.of(Message.user("Hi")), Map.of("enable_thinking", false));
    Sampling sampling = new Sampling(0.5f, 4, 0.25f, 0.125f, 42L);
    Request request = new Request(prompt, sampling, 9, List.of("a", "b"));
    assertThat(call).isEqualTo(new Call(Call.Api.CHAT, "m", request, true, true));
  }

  @Test
  void oneSamplingFieldFillsTheOthersWithOpenAisDefaults() {
    assertThat(chat("{'seed':1," + MESSAGES + "}").request().sampling())
        .isEqualTo(new Sampling(1, 0, 1, 0, 1L));
    assertThat(chat("{'temperature':0," + MESSAGES + "}").request().sampling())
        .isEqualTo(new Sampling(0, 0, 1, 0, null));
  }

  @Test
  void theNewerNameOfTheLimitWins() {
    String both = "{'max_completion_tokens':3,'max_tokens':4," + MESSAGES + "}";
    assertThat(chat(both).request().maxTokens()).isEqualTo(3);
  }

  @Test
  void textPartsAreJoinedAndADeveloperIsTheSystem() {
    String body =
        "{'messages':[{'role':'developer','content':[{'type':'text','text':'a'},"
            + "{'type':'text','text':'b'}]}]}";
    assertThat(chat(body).request().prompt())
        .isEqualTo(new Prompt.Chat(List.of(Message.system("ab")), Map.of()));
  }

  @Test
  void nullCountsAsAbsentAndUnknownFieldsAreIgnored() {
    Call call = chat("{'seed':null,'tools':null,'stop':null,'new_field':[1]," + MESSAGES + "}");
    assertThat(call.request().sampling()).isNull();
  }

  @Test
  void valuesThatAskForNothingPass() {
    chat(
        "{'tools':[],'tool_choice':'none','response_format':{'type':'text'},'logprobs':false,"
            + "'logit_bias':{},'presence_penalty':0,'frequency_penalty':0.0,'n':1,"
            + "'modalities':['text'],"
            + MESSAGES
            + "}");
    completion("{'prompt':'x','best_of':1,'echo':false,'suffix':''}");
  }

  @Test
  void aCompletionHasSixteenTokensUnlessItSaysOtherwise() {
    assertThat(completion("{'prompt':'x'}").request().maxTokens()).isEqualTo(16);
    assertThat(completion("{'prompt':'x','max_tokens':99}").request().maxTokens()).isEqualTo(99);
  }

  @Test
  void aPromptIsATextOrTokens() {
    assertThat(completion("{'prompt':['x']}").request().prompt()).isEqualTo(new Prompt.Text("x"));
    assertThat(completion("{'prompt':''}").request().prompt()).isEqualTo(new Prompt.Text(""));
    for (String tokens : List.of("[5,6]", "[[5,6]]")) {
      Prompt prompt = completion("{'prompt':" + tokens + "}").request().prompt();
      assertThat(((Prompt.Tokens) prompt).tokens()).containsExactly(5, 6);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'tools':[{}]|tools",
        "'tool_choice':'required'|tool_choice",
        "'response_format':{'type':'json_object'}|response_format",
        "'logprobs':true|logprobs",
        "'top_logprobs':2|top_logprobs",
        "'logit_bias':{'5':1}|logit_bias",
        "'presence_penalty':0.5|presence_penalty",
        "'frequency_penalty':'x'|frequency_penalty",
        "'n':2|n",
        "'audio':{}|audio",
        "'temperature':'hot'|temperature",
        "'temperature':-1|temperature",
        "'temperature':1e999|temperature",
        "'top_p':0|top_p",
        "'top_k':1.5|top_k",
        "'top_k':99999999999999999999|top_k",
        "'min_p':2|min_p",
        "'seed':'x'|seed",
        "'max_tokens':0|max_tokens",
        "'max_completion_tokens':-1|max_completion_tokens",
        "'stop':5|stop",
        "'stop':['a',5]|stop",
        "'stop':['']|stop",
        "'stream':'yes'|stream",
        "'stream_options':{'include_usage':1}|stream_options.include_usage",
        "'model':5|model",
        "'chat_template_kwargs':{'x':[]}|chat_template_kwargs.x",
      })
  void aWrongFieldIsNamed(String field, String param) {
    assertRefused(Call.Api.CHAT, "{" + field + "," + MESSAGES + "}", param);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|messages",
        "{'messages':'Hi'}|messages",
        "{'messages':[]}|messages",
        "{'messages':['Hi']}|messages[0]",
        "{'messages':[{'content':'Hi'}]}|messages[0].role",
        "{'messages':[{'role':'tool','content':'Hi'}]}|messages[0].role",
        "{'messages':[{'role':'user'}]}|messages[0].content",
        "{'messages':[{'role':'user','content':7}]}|messages[0].content",
        "{'messages':[{'role':'user','content':['x']}]}|messages[0].content[0]",
        "{'messages':[{'role':'user','content':[{'type':'image_url'}]}]}|messages[0].content[0].type",
        "{'messages':[{'role':'user','content':[{'type':'text'}]}]}|messages[0].content[0].text",
        "{'messages':[{'role':'assistant','tool_calls':[1]}]}|messages[0].tool_calls",
      })
  void aWrongMessageIsNamed(String body, String param) {
    assertRefused(Call.Api.CHAT, body, param);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|prompt",
        "{'prompt':5}|prompt",
        "{'prompt':[]}|prompt",
        "{'prompt':['a','b']}|prompt",
        "{'prompt':[1,'b']}|prompt",
        "{'prompt':[-1]}|prompt",
        "{'prompt':[[[1]]]}|prompt",
        "{'prompt':[4294967296,1]}|prompt",
        "{'prompt':'x','suffix':'y'}|suffix",
        "{'prompt':'x','echo':true}|echo",
        "{'prompt':'x','best_of':2}|best_of",
        "{'prompt':'x','logprobs':0}|logprobs",
      })
  void aWrongCompletionIsNamed(String body, String param) {
    assertRefused(Call.Api.COMPLETION, body, param);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"{", "[]", "''", "nul", "{}x", "{'a':1,'a':2}"})
  void whatIsNoJsonObjectIsRefused(String body) {
    assertRefused(Call.Api.CHAT, body, null);
  }

  @Test
  void aPartThatIsNoTextIsNamedInTheMessage() {
    String body = "{'messages':[{'role':'user','content':[{'type':'image_url'}]}]}";
    assertThat(refusal(Call.Api.CHAT, body))
        .hasMessage(
            "messages[0].content[0]: parts of type 'image_url' are not supported, only"
                + " 'text' is");
  }

  private static void assertRefused(Call.Api api, String body, String param) {
    assertThat(refusal(api, body).field()).isEqualTo(param);
  }

  private static JishiException.BadRequest refusal(Call.Api api, String body) {
    return catchThrowableOfType(JishiException.BadRequest.class, () -> parse(api, body));
  }

  private static Call chat(String body) {
    return parse(Call.Api.CHAT, body);
  }

  private static Call completion(String body) {
    return parse(Call.Api.COMPLETION, body);
  }

  private static Call parse(Call.Api api, String body) {
    return RequestParser.parse(api, body.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }
}
