package dataset

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Format is how a trainer wants an example to be written: under which columns. It
// is independent of the mode.
type Format string

// The formats. Those of a preference have a chosen and a rejected answer each.
const (
	// Alpaca rows are {instruction, input, output}: Axolotl's "type: alpaca".
	Alpaca Format = "alpaca"
	// Messages rows are {messages: [{role, content}]}, one of the user and one of the
	// assistant: TRL's conversational form, Axolotl's "type: chat_template", and
	// what most chat services take. Preferences are {prompt, chosen, rejected}, all
	// three lists of messages.
	Messages Format = "messages"
	// PromptCompletion rows are {prompt, completion}, TRL's standard form.
	// Preferences are {prompt, chosen, rejected}.
	PromptCompletion Format = "prompt-completion"
	// Text rows are {text}: Axolotl's "type: completion", and TRL's language
	// modelling.
	Text Format = "text"
)

// Formats lists all formats.
func Formats() []Format { return []Format{Alpaca, Messages, PromptCompletion, Text} }

// Check fails for what is no format, and says which there are.
func (f Format) Check() error {
	if !slices.Contains(Formats(), f) {
		return fmt.Errorf("there is no format %q: choose from %s", string(f), join(Formats()))
	}
	return nil
}

func join[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = string(name)
	}
	return strings.Join(texts, ", ")
}

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"` // "user" or "assistant"
	Content string `json:"content"`
}

// The columns of each format.
type (
	alpacaColumns struct {
		Instruction string `json:"instruction"`
		Input       string `json:"input"`
		Output      string `json:"output"`
	}
	messagesColumns struct {
		Messages []Message `json:"messages"`
	}
	completionColumns struct {
		Prompt     string `json:"prompt"`
		Completion string `json:"completion"`
	}
	textColumns struct {
		Text string `json:"text"`
	}
	preferenceColumns struct {
		Prompt   string `json:"prompt"`
		Chosen   string `json:"chosen"`
		Rejected string `json:"rejected"`
	}
	preferenceMessagesColumns struct {
		Prompt   []Message `json:"prompt"`
		Chosen   []Message `json:"chosen"`
		Rejected []Message `json:"rejected"`
	}
)

// columns gives the texts of an example in the format, as a pointer to a struct.
func (f Format) columns(e *Example) any {
	if e.Rejected != "" {
		return f.preference(e)
	}
	switch f {
	case Messages:
		return &messagesColumns{[]Message{{"user", prompt(e)}, {"assistant", e.Output}}}
	case PromptCompletion:
		return &completionColumns{prompt(e), e.Output}
	case Text:
		return &textColumns{prompt(e) + "\n\n" + e.Output}
	}
	return &alpacaColumns{e.Instruction, e.Input, e.Output}
}

func (f Format) preference(e *Example) any {
	if f == Messages {
		return &preferenceMessagesColumns{
			Prompt:   []Message{{"user", prompt(e)}},
			Chosen:   []Message{{"assistant", e.Output}},
			Rejected: []Message{{"assistant", e.Rejected}},
		}
	}
	return &preferenceColumns{prompt(e), e.Output, e.Rejected}
}

// prompt joins what is asked and what it is asked about.
func prompt(e *Example) string {
	if e.Input == "" {
		return e.Instruction
	}
	return e.Instruction + "\n\n" + e.Input
}

// Formatter is the stage that gives examples their format. It is cheap, keeps
// nothing, and may run on any number of workers. A preference has no place in the
// formats that know of one answer only; it fails there.
type Formatter struct {
	// Format is "alpaca" where empty.
	Format Format
}

// Open checks the format.
func (f Formatter) Open(context.Context) error {
	if f.Format == "" {
		return nil
	}
	return f.Format.Check()
}

// Process gives one row for each example.
func (f Formatter) Process(_ context.Context, e *Example, emit func(*Row)) error {
	if e.Rejected != "" && !f.Format.holdsPreferences() {
		return fmt.Errorf("the format %q has no place for a rejected answer: choose %s or %s", f.Format, PromptCompletion, Messages)
	}
	emit(&Row{
		Texts: f.Format.columns(e), Metadata: &e.Metadata, Details: e.Details, Tier: e.tierDetails,
		tier: e.Tier, split: e.Split, patchID: e.patchID,
	})
	return nil
}

func (f Format) holdsPreferences() bool { return f == Messages || f == PromptCompletion }

// Configuration names what a checkpoint must not change under a run.
func (f Formatter) Configuration() map[string]string {
	format := f.Format
	if format == "" {
		format = Alpaca
	}
	return map[string]string{"format": string(format)}
}
