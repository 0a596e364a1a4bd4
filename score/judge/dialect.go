package judge

import (
	"net/http"
	"strings"
	"sync"
)

// form is how a request is put, as far as servers differ.
type form struct {
	format        int
	newLimit      bool // max_completion_tokens instead of max_tokens
	noTemperature bool
}

// The ways to ask for JSON, from the strictest to none.
const (
	formatSchema       = iota // OpenAI, vLLM, Ollama, llama.cpp
	formatObjectSchema        // llama-cpp-python, and others that came before OpenAI's
	formatObject
	formatNone
)

// dialect is what has been learnt about a server: it is asked in the strictest
// form first, and in a simpler one once it has refused a parameter by its name.
type dialect struct {
	mu         sync.Mutex
	form       form
	concession []string
}

func (d *dialect) current() form {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.form
}

// concede looks whether a refusal is about a parameter that can do without, and
// reports whether to ask again in the form that is current then.
func (d *dialect) concede(used form, refusal *ServerError) bool {
	switch refusal.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusNotImplemented, http.StatusInternalServerError:
	default:
		return false
	}
	text := strings.ToLower(refusal.Text + " " + refusal.body)
	mentions := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
	// A prompt that is too long is no matter of parameters, though some servers
	// name them then.
	if mentions("context length", "context_length", "context window", "maximum context", "too large", "too long", "exceed") {
		return false
	}
	next, what := used, ""
	switch {
	case used.format < formatNone && mentions("response_format", "json_schema", "json_object", "structured output", "grammar"):
		next.format++
		what = [...]string{
			formatObjectSchema: "it refuses a JSON schema in OpenAI's form: asked for an object with the schema beside it",
			formatObject:       "it refuses JSON schemas: asked for a JSON object",
			formatNone:         "it refuses response_format: answers are not bound to JSON, and read strictly",
		}[next.format]
	case !used.newLimit && mentions("max_tokens"):
		next.newLimit, what = true, "it refuses max_tokens: max_completion_tokens used"
	case !used.noTemperature && mentions("temperature"):
		next.noTemperature, what = true, "it refuses a temperature: left to the server"
	default:
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.form == used { // else another request has been told the same
		d.form = next
		d.concession = append(d.concession, what)
	}
	return true
}

func (d *dialect) concessions() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.concession...)
}
