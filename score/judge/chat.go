package judge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	openai "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
)

// chat speaks the chat API of OpenAI to a server, one request at a time and
// without repeating any.
type chat struct {
	service     openai.ChatCompletionService
	client      *http.Client
	model, key  string
	timeout     time.Duration
	maxAnswer   int // tokens
	temperature float64
	schema      map[string]any
	dialect     dialect
}

// ServerError is a refusal of the model's server, or its silence.
type ServerError struct {
	// Status is that of HTTP; 0 if no whole answer has come.
	Status int
	// Text is what the server, or the network, had to say, in one line.
	Text string

	header http.Header
	body   string
	// sent tells that the server may have worked on the request.
	sent bool
}

// Error gives status and text in one line.
func (e *ServerError) Error() string {
	if e.Status == 0 {
		return "the model's server cannot be reached or gave no whole answer: " + e.Text
	}
	return fmt.Sprintf("the model's server says %d %s: %s", e.Status, http.StatusText(e.Status), e.Text)
}

// passing tells whether the same request may succeed later.
func (e *ServerError) passing() bool {
	switch e.Status {
	case 0, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly:
		return true
	case http.StatusTooManyRequests:
		return !strings.Contains(e.body, "insufficient_quota")
	case http.StatusNotImplemented:
		return false
	}
	return e.Status >= 500
}

// final tells whether no request will succeed: the key, the account or the
// address is wrong.
func (e *ServerError) final() bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return e.Status == http.StatusTooManyRequests && !e.passing()
}

// newChat prepares for requests; nothing is sent.
func newChat(endpoint, model, key string, client *http.Client) *chat {
	bounded := *client
	if bounded.Transport == nil {
		bounded.Transport = http.DefaultTransport
	}
	bounded.Transport = boundedTransport{bounded.Transport}
	options := []option.RequestOption{
		option.WithBaseURL(endpoint), option.WithHTTPClient(&bounded), option.WithMaxRetries(0),
	}
	if key != "" {
		options = append(options, option.WithAPIKey(key))
	}
	// Not openai.NewClient, which takes settings from the environment.
	return &chat{service: openai.NewChatCompletionService(options...), client: client, model: model, key: key}
}

// completion is an answer of the model.
type completion struct {
	text           string
	bad            error // why the text is no whole answer
	prompt, answer int   // tokens; 0 where the server does not count
}

// turn is a message of a conversation.
type turn struct {
	role, text string
}

// ask sends one request. Its error is a [*ServerError], or ctx's cause.
func (c *chat) ask(ctx context.Context, turns []turn, form form) (*completion, error) {
	exchange := &exchange{}
	limited, cancel := context.WithTimeout(context.WithValue(ctx, exchangeKey{}, exchange), c.timeout)
	defer cancel()
	answer, err := c.service.New(limited, c.request(turns, form))
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case exchange.status >= 400:
		return nil, c.refusal(exchange)
	case errors.Is(err, errTooLong):
		return &completion{text: c.redacted(exchange.body.String()), bad: errTooLong}, nil
	case err != nil:
		text := err.Error()
		if limited.Err() != nil {
			text = fmt.Sprintf("no answer within %v", c.timeout)
		}
		return nil, &ServerError{Text: c.oneLine(text), header: exchange.header, sent: exchange.sent}
	case len(answer.Choices) == 0:
		return nil, &ServerError{Text: "the answer has no choices: is this a chat completions API?", header: exchange.header, sent: true}
	}
	choice := answer.Choices[0]
	got := &completion{
		text:   c.redacted(choice.Message.Content),
		prompt: plausible(answer.Usage.PromptTokens),
		answer: plausible(answer.Usage.CompletionTokens),
	}
	switch {
	case choice.FinishReason == "length":
		got.bad = fmt.Errorf("the answer was cut off at %d tokens", c.maxAnswer)
	case choice.Message.Refusal != "":
		got.bad = fmt.Errorf("the model refuses: %s", c.oneLine(choice.Message.Refusal))
	}
	return got, nil
}

// plausible takes a server's count of tokens for what it is worth: no answer of
// ours has a billion.
func plausible(tokens int64) int {
	if tokens < 0 || tokens > 1e9 {
		return 0
	}
	return int(tokens)
}

func (c *chat) request(turns []turn, f form) openai.ChatCompletionNewParams {
	params := openai.ChatCompletionNewParams{Model: c.model}
	for _, t := range turns {
		switch t.role {
		case "system":
			params.Messages = append(params.Messages, openai.SystemMessage(t.text))
		case "assistant":
			params.Messages = append(params.Messages, openai.AssistantMessage(t.text))
		default:
			params.Messages = append(params.Messages, openai.UserMessage(t.text))
		}
	}
	if f.newLimit {
		params.MaxCompletionTokens = openai.Int(int64(c.maxAnswer))
	} else {
		params.MaxTokens = openai.Int(int64(c.maxAnswer))
	}
	if !f.noTemperature {
		params.Temperature = openai.Float(c.temperature)
	}
	switch f.format {
	case formatSchema:
		params.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{
			JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{Name: "verdict", Strict: openai.Bool(true), Schema: c.schema},
		}
	case formatObjectSchema, formatObject:
		object := &shared.ResponseFormatJSONObjectParam{}
		if f.format == formatObjectSchema {
			object.SetExtraFields(map[string]any{"schema": c.schema})
		}
		params.ResponseFormat.OfJSONObject = object
	}
	return params
}

// refusal makes an error of an answer with a status of an error.
func (c *chat) refusal(x *exchange) *ServerError {
	body := c.redacted(x.body.String())
	text := body
	// OpenAI's form is {"error": {"message": …}}; others have a string there, or
	// {"detail": …}.
	var known struct {
		Error  json.RawMessage `json:"error"`
		Detail json.RawMessage `json:"detail"`
	}
	if json.Unmarshal([]byte(body), &known) == nil {
		var inner struct {
			Message string `json:"message"`
		}
		switch {
		case json.Unmarshal(known.Error, &inner) == nil && inner.Message != "":
			text = inner.Message
		case len(known.Error) > 0:
			text = string(known.Error)
		case len(known.Detail) > 0:
			text = string(known.Detail)
		}
	}
	if text = c.oneLine(text); text == "" {
		text = "(nothing)"
	}
	return &ServerError{Status: x.status, Text: text, header: x.header, body: body, sent: true}
}

// redacted takes the key out of what comes from outside.
func (c *chat) redacted(text string) string {
	if c.key == "" {
		return text
	}
	return strings.ReplaceAll(text, c.key, "[key]")
}

const maxErrorText = 300

func (c *chat) oneLine(text string) string {
	return clip(strings.Join(strings.Fields(sound(c.redacted(text))), " "), maxErrorText)
}

// exchange notes what a transport has seen of one request.
type exchange struct {
	sent   bool
	status int
	header http.Header
	body   bytes.Buffer // the beginning
}

type exchangeKey struct{}

// The limits of what is read from a server, in bytes: an answer with the schema's
// six or so verdicts has some thousand, and its envelope as many again.
const (
	maxResponse  = 1 << 20
	maxErrorBody = 8 << 10
)

var errTooLong = fmt.Errorf("the server's answer is longer than %d bytes", maxResponse)

// boundedTransport reads no more than it should, and notes what the client
// library would not tell.
type boundedTransport struct{ next http.RoundTripper }

func (t boundedTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	x, _ := request.Context().Value(exchangeKey{}).(*exchange)
	response, err := t.next.RoundTrip(request)
	if x == nil {
		return response, err
	}
	var network *net.OpError
	x.sent = err == nil || !errors.As(err, &network) || network.Op != "dial"
	if err != nil {
		return nil, err
	}
	x.status, x.header = response.StatusCode, response.Header
	if x.status >= 400 {
		_, err := io.Copy(&x.body, io.LimitReader(response.Body, maxErrorBody))
		err = errors.Join(err, response.Body.Close())
		if err != nil && x.body.Len() == 0 {
			x.body.WriteString(err.Error())
		}
		response.Body = io.NopCloser(bytes.NewReader(x.body.Bytes()))
		return response, nil
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: maxResponse, beginning: &x.body}
	return response, nil
}

type boundedBody struct {
	io.ReadCloser
	left      int
	beginning *bytes.Buffer
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, errTooLong
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	b.beginning.Write(p[:min(n, max(0, maxKeptAnswer-b.beginning.Len()))])
	return n, err
}
