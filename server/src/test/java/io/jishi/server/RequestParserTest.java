// SPDX-License-Identifier: Apache-2.0
package io.jishi.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.jishi.base.JishiException;
import io.jishi.engine.Constraint;
import io.jishi.engine.Message;
import io.jishi.engine.Part;
import io.jishi.engine.Prompt;
import io.jishi.engine.Request;
import io.jishi.engine.Sampling;
import io.jishi.engine.Search;
import io.jishi.engine.Speculation;
import io.jishi.engine.Tool;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestParserTest {
  /** Answers of a chat come in parts. */
  private static final Request.Output PARTS = new Request.Output(-1, -1, true);

  private static final String MESSAGES = "'messages':[{'role':'user','content':'Hi'}]";

  @Test
  void aBareChatTakesTheModelsDefaults() {
    Call call = chat("{" + MESSAGES + "}");
    Prompt prompt = new Prompt.Chat(List.of(Message.user("Hi")), Map.of());
    Request request = new Request(prompt, null, 0, List.of()).with(PARTS);
    assertThat(call).isEqualTo(new Call(Call.Api.CHAT, "", request, false, false, 1, null));
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
    Request request = new Request(prompt, sampling, 9, List.of("a", "b")).with(PARTS);
    assertThat(call).isEqualTo(new Call(Call.Api.CHAT, "m", request, true, true, 1, null));
  }

  @Test
  void oneSamplingFieldFillsTheOthersWithOpenAisDefaults() {
    assertThat(chat("{'seed':1," + MESSAGES + "}").request().sampling())
        .isEqualTo(new Sampling(1, 0, 1, 0, 1L));
    assertThat(chat("{'temperature':0," + MESSAGES + "}").request().sampling())
        .isEqualTo(new Sampling(0, 0, 1, 0, null));
  }

  @Test
  void theRarerSamplersHaveTheNamesOfOtherServers() {
    Sampling sampling =
        chat("{'repetition_penalty':1.25,'presence_penalty':0.5,'dry_multiplier':0.75,"
                + "'xtc_probability':0.5,'mirostat':2,'logit_bias':{'7':-100},"
                + "'samplers':['top_k','temperature'],"
                + MESSAGES
                + "}")
            .request()
            .sampling();
    assertThat(sampling.penalties().repetition()).isEqualTo(1.25f);
    assertThat(sampling.penalties().presence()).isEqualTo(0.5f);
    assertThat(sampling.penalties().dry().base()).isEqualTo(1.75f);
    assertThat(sampling.shape().xtc()).isEqualTo(new Sampling.Xtc(0.5f, 0.1f));
    assertThat(sampling.shape().mirostat()).isEqualTo(new Sampling.Mirostat(5, 0.1f));
    assertThat(sampling.bias()).isEqualTo(Map.of(7, -100f));
    assertThat(sampling.order()).containsExactly(Sampling.Step.TOP_K, Sampling.Step.TEMPERATURE);
  }

  @Test
  void theFormOfTheAnswerIsAskedForInSeveralWays() {
    String schema = "{'type':'integer'}";
    Constraint json = new Constraint.JsonSchema(schema.replace('\'', '"'));
    assertThat(form("'response_format':{'type':'json_object'}")).isEqualTo(new Constraint.Json());
    assertThat(
            form(
                "'response_format':{'type':'json_schema','json_schema':{'schema':" + schema + "}}"))
        .isEqualTo(json);
    assertThat(form("'guided_json':" + schema)).isEqualTo(json);
    assertThat(form("'guided_regex':'a+'")).isEqualTo(new Constraint.Regex("a+"));
    assertThat(form("'grammar':'root ::= x'")).isEqualTo(new Constraint.Grammar("root ::= x"));
    assertThat(form("'guided_choice':['a','b']"))
        .isEqualTo(new Constraint.Choice(List.of("a", "b")));
    assertThat(form("'tools':[" + TOOL + "],'tool_choice':'required'"))
        .isEqualTo(new Constraint.ToolCall(null));
    assertThat(
            form(
                "'tools':[" + TOOL + "],'tool_choice':{'type':'function','function':{'name':'f'}}"))
        .isEqualTo(new Constraint.ToolCall("f"));
    assertRefused(
        Call.Api.CHAT,
        "{'guided_regex':'a','guided_choice':['a']," + MESSAGES + "}",
        "response_format");
  }

  private static final String TOOL =
      "{'type':'function','function':{'name':'f','description':'d','parameters':{'type':'object'}}}";

  private static Constraint form(String field) {
    return chat("{" + field + "," + MESSAGES + "}").request().constraint();
  }

  @Test
  void toolsAndTheirCallsAreHandedOn() {
    Prompt.Chat prompt =
        (Prompt.Chat)
            chat("{'tools':["
                    + TOOL
                    + "],'messages':[{'role':'user','content':'Hi'},{'role':'assistant',"
                    + "'content':null,'tool_calls':[{'id':'c1','type':'function','function':"
                    + "{'name':'f','arguments':'{}'}}]},"
                    + "{'role':'tool','tool_call_id':'c1','content':'42'}]}")
                .request()
                .prompt();
    assertThat(prompt.tools()).containsExactly(new Tool("f", "d", Map.of("type", "object")));
    assertThat(prompt.messages().get(1).toolCalls())
        .containsExactly(new Part.ToolCall("c1", "f", "{}", true));
    assertThat(prompt.messages().get(2)).isEqualTo(Message.tool("c1", "42"));
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
        "'tools':[{}]|tools[0].function",
        "'tool_choice':'required'|tool_choice",
        "'response_format':{'type':'xml'}|response_format.type",
        "'top_logprobs':2|top_logprobs",
        "'logit_bias':{'x':1}|logit_bias",
        "'presence_penalty':5|presence_penalty",
        "'frequency_penalty':'x'|frequency_penalty",
        "'n':99|n",
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
        "{'messages':[{'role':'robot','content':'Hi'}]}|messages[0].role",
        "{'messages':[{'role':'user'}]}|messages[0].content",
        "{'messages':[{'role':'user','content':7}]}|messages[0].content",
        "{'messages':[{'role':'user','content':['x']}]}|messages[0].content[0]",
        "{'messages':[{'role':'user','content':[{'type':'audio'}]}]}|messages[0].content[0].type",
        "{'messages':[{'role':'user','content':[{'type':'text'}]}]}|messages[0].content[0].text",
        "{'messages':[{'role':'assistant','tool_calls':[1]}]}|messages[0].tool_calls[0]",
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
        "{'prompt':'x','n':17}|n",
        "{'prompt':'x','n':3,'best_of':2}|best_of",
        "{'prompt':'x','best_of':2,'stream':true}|best_of",
        "{'prompt':'x','beams':2,'stream':true}|beams",
        "{'prompt':'x','beams':0}|beams",
        "{'prompt':'x','beams':2,'n':3}|n",
        "{'prompt':'x','beams':2,'length_penalty':1000}|length_penalty",
        "{'prompt':'x','beams':2,'early_stopping':'maybe'}|early_stopping",
        "{'prompt':'x','length_penalty':1}|length_penalty",
        "{'prompt':'x','priority':101}|priority",
        "{'prompt':'x','speculation':'fast'}|speculation",
        "{'prompt':'x','speculation':true}|speculation",
        "{'prompt':'x','timeout':0}|timeout",
        "{'prompt':'x','timeout':1e9}|timeout",
        "{'prompt':'x','adapter':7}|adapter",
        "{'prompt':'x','adapter':{}}|adapter.name",
        "{'prompt':'x','adapter':{'name':'a','scale':1e9}}|adapter",
        "{'prompt':'x','logprobs':99}|top_logprobs",
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
  void aPartThatIsNoTextAndNoImageIsNamedInTheMessage() {
    String body = "{'messages':[{'role':'user','content':[{'type':'input_audio'}]}]}";
    assertThat(refusal(Call.Api.CHAT, body))
        .hasMessage(
            "messages[0].content[0]: parts of type 'input_audio' are not supported, only 'text'"
                + " and 'image_url' are");
  }

  @Test
  void howACallIsServedIsRead() {
    Call call =
        completion(
            "{'prompt':'x','priority':-3,'timeout':1.5,'adapter':{'name':'a','scale':0.5},"
                + "'logit_bias':{'7':false}}");
    assertThat(call.request().service())
        .isEqualTo(new Request.Service(-3, Duration.ofMillis(1500)));
    assertThat(call.request().adapter()).isEqualTo(new Request.Adapted("a", 0.5f));
    assertThat(call.request().sampling().bias()).containsEntry(7, Float.NEGATIVE_INFINITY);
    assertThat(completion("{'prompt':'x','adapter':'a'}").request().adapter())
        .isEqualTo(new Request.Adapted("a", 1));
  }

  @Test
  void howAnswersAreFoundIsRead() {
    assertThat(completion("{'prompt':'x','n':2,'best_of':2}").search()).isNull();
    assertThat(completion("{'prompt':'x','n':2,'best_of':5}").search())
        .isEqualTo(new Search.BestOf(2, 5));
    assertThat(completion("{'prompt':'x','beams':4}").search()).isEqualTo(Search.Beams.of(4));
    assertThat(
            completion(
                    "{'prompt':'x','use_beam_search':true,'best_of':4,'n':2,'length_penalty':0.5,"
                        + "'early_stopping':'never'}")
                .search())
        .isEqualTo(new Search.Beams(2, 4, 0.5f, Search.Beams.Early.NEVER));
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

  @Test
  void aCallSaysHowItIsGuessedFor() {
    String[] asked = {"false", "'off'", "'lookup'", "'draft'", "null"};
    Speculation.Mode[] modes = {
      Speculation.Mode.OFF,
      Speculation.Mode.OFF,
      Speculation.Mode.LOOKUP,
      Speculation.Mode.DRAFT,
      null
    };
    for (int i = 0; i < asked.length; i++) {
      Call call = chat("{'speculation':" + asked[i] + "," + MESSAGES + "}");
      assertThat(call.request().service().speculation()).as(asked[i]).isEqualTo(modes[i]);
    }
  }
}
