package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
	"github.com/tidwall/gjson"

	"github.com/commitflow/commitflow/stage"
)

// row is what validation takes from a line.
type row struct {
	id, commit           string
	keys                 uint64 // digest of the names of the columns, in their order
	text                 uint64 // digest of the columns of the format
	prompt, answer       string // prompt is all where the format does not tell them apart
	chosen               string // of a preference; answer is the rejected one
	kind                 string
	promptTokens, tokens int
	repaired             bool
	links                []link
	leftOut              map[string]bool // the paths of which something is left out; true if changed lines are
}

type link struct{ kind, commit string }

// parseRow reads a line of a shard and lists what is wrong with it; columns are those
// that the card declares, nil for none. The line may hold anything.
func parseRow(line []byte, columns []feature) (r *row, problems []string) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	if !utf8.Valid(line) {
		return nil, []string{"it is not UTF-8"}
	}
	if !gjson.ValidBytes(line) {
		return nil, []string{"it is no JSON"}
	}
	value := gjson.ParseBytes(line)
	if !value.IsObject() {
		return nil, []string{"it is no JSON object"}
	}
	if at := loneSurrogate(line); at >= 0 {
		problems = append(problems, fmt.Sprintf("byte %d: half of a surrogate pair, which is no character", at))
	}
	if columns != nil {
		problems = append(problems, checkFields(value, columns, "")...)
	}
	r = &row{leftOut: map[string]bool{}}
	keys := xxhash.New()
	text := xxhash.New()
	value.ForEach(func(key, column gjson.Result) bool {
		name := key.String()
		keys.WriteString(name)
		keys.WriteString("\x00")
		if problem := r.take(name, column, text); problem != "" {
			problems = append(problems, problem)
		}
		return true
	})
	r.keys, r.text = keys.Sum64(), text.Sum64()
	return r, problems
}

// take takes in a column, if it is one that validation knows, and tells if it is empty
// where it must not be.
func (r *row) take(name string, column gjson.Result, text *xxhash.Digest) (problem string) {
	content := func() string {
		s := column.String()
		text.WriteString(s)
		text.WriteString("\x00")
		return s
	}
	messages := func() (prompt, answer string) {
		column.ForEach(func(_, message gjson.Result) bool {
			said := message.Get("content").String()
			text.WriteString(said)
			text.WriteString("\x00")
			switch role := message.Get("role").String(); role {
			case "user", "system":
				prompt += said
			case "assistant":
				answer += said
			default:
				problem = fmt.Sprintf("%s: a turn of %q", name, role)
			}
			if strings.TrimSpace(said) == "" {
				problem = name + ": a turn without a text"
			}
			return true
		})
		return prompt, answer
	}
	needed := func(s string) string {
		if strings.TrimSpace(s) == "" {
			problem = name + " is empty"
		}
		return s
	}
	switch name {
	case "instruction":
		r.prompt = needed(content()) + "\n\n" + r.prompt
	case "input":
		r.prompt += content()
	case "output", "completion":
		r.answer = needed(content())
	case "text":
		r.prompt = needed(content())
	case "messages":
		prompt, answer := messages()
		if r.prompt, r.answer = prompt, answer; problem == "" && (prompt == "" || answer == "") {
			problem = "messages: a question and an answer are needed"
		}
	case "prompt":
		if column.IsArray() {
			prompt, _ := messages()
			r.prompt = needed(prompt)
		} else {
			r.prompt = needed(content())
		}
	case "chosen", "rejected":
		var answer string
		if column.IsArray() {
			_, answer = messages()
		} else {
			answer = content()
		}
		if needed(answer); name == "chosen" {
			r.chosen = answer
		} else {
			r.answer = answer
		}
	case "id":
		r.id = needed(column.String())
	case "commit":
		if r.commit = column.String(); !isHash(r.commit) {
			problem = fmt.Sprintf("commit is %.60q: want 40 hexadecimal digits", r.commit)
		}
	case "date":
		needed(column.String())
	case "kind":
		r.kind = column.String()
	case "repaired":
		r.repaired = column.Bool()
	case "prompt_tokens", "output_tokens":
		n := column.Int()
		if n < 0 || n > math.MaxInt32 {
			return fmt.Sprintf("%s is %.40s", name, column.Raw)
		}
		if name == "prompt_tokens" {
			r.promptTokens = int(n)
		}
		r.tokens += int(n)
	case "links":
		column.ForEach(func(_, l gjson.Result) bool {
			r.links = append(r.links, link{l.Get("kind").String(), l.Get("commit").String()})
			return true
		})
	case "left_out":
		column.ForEach(func(_, piece gjson.Result) bool {
			path := piece.Get("path").String()
			r.leftOut[path] = r.leftOut[path] || piece.Get("changed").Bool()
			return true
		})
	}
	return problem
}

func isHash(text string) bool {
	_, err := stage.ParseHash(text)
	return err == nil
}

// checkFields lists what is wrong with the fields of an object: a missing, unknown or
// repeated one, one in another place, or of another type than declared.
func checkFields(object gjson.Result, fields []feature, prefix string) (problems []string) {
	i := 0
	object.ForEach(func(key, value gjson.Result) bool {
		name := key.String()
		if i >= len(fields) || fields[i].Name != name {
			want := "no more columns"
			if i < len(fields) {
				want = fields[i].Name
			}
			problems = append(problems, fmt.Sprintf("%s%s stands where the card has %s", prefix, name, want))
			i = len(fields) + 1 // the rest would only repeat it
			return false
		}
		if err := fields[i].check(value); err != nil {
			problems = append(problems, fmt.Sprintf("%s%s %v", prefix, name, err))
		}
		i++
		return true
	})
	if i < len(fields) {
		problems = append(problems, fmt.Sprintf("%s%s is missing", prefix, fields[i].Name))
	}
	return problems
}

var errNull = errors.New("is null")

// check tells how a value is not what the feature declares.
func (f *feature) check(value gjson.Result) error {
	if value.Type == gjson.Null {
		return errNull
	}
	if f.item != nil || f.fields != nil {
		if !value.IsArray() {
			return fmt.Errorf("is no list: %.40s", value.Raw)
		}
		var err error
		value.ForEach(func(_, element gjson.Result) bool {
			if f.item != nil {
				err = f.item.check(element)
			} else if !element.IsObject() {
				err = fmt.Errorf("holds no object: %.40s", element.Raw)
			} else if wrong := checkFields(element, f.fields, ""); len(wrong) > 0 {
				err = fmt.Errorf("holds an object in which %s", wrong[0])
			}
			return err == nil
		})
		return err
	}
	ok := false
	switch f.Dtype {
	case "string":
		ok = value.Type == gjson.String
	case "bool":
		ok = value.IsBool()
	case "float32", "float64":
		ok = value.Type == gjson.Number
	case "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64":
		bits, _ := strconv.Atoi(strings.TrimLeft(f.Dtype, "uint"))
		var err error
		if f.Dtype[0] == 'u' {
			_, err = strconv.ParseUint(value.Raw, 10, bits)
		} else {
			_, err = strconv.ParseInt(value.Raw, 10, bits)
		}
		ok = err == nil
	case "timestamp[s]":
		_, err := time.Parse(time.RFC3339, value.String())
		ok = value.Type == gjson.String && err == nil
	default:
		return fmt.Errorf("has the type %q in the card, which is unknown here", f.Dtype)
	}
	if !ok {
		return fmt.Errorf("is not of type %s: %.40s", f.Dtype, value.Raw)
	}
	return nil
}

// loneSurrogate gives the place of an escape such as \ud83d without its other half,
// which some readers refuse; -1 where there is none.
func loneSurrogate(line []byte) int {
	for at := 0; ; {
		found := bytes.IndexByte(line[at:], '\\')
		if found < 0 {
			return -1
		}
		at += found
		high, ok := surrogate(line[at:])
		switch {
		case !ok:
			at += 2 // an escaped backslash, too, is passed over whole
		case high:
			low, isLow := surrogate(line[min(at+6, len(line)):])
			if !isLow || low {
				return at
			}
			at += 12
		default:
			return at
		}
		at = min(at, len(line))
	}
}

// surrogate reads an escape that is half of a pair, and tells whether it is the first.
func surrogate(escape []byte) (high, ok bool) {
	if len(escape) < 6 || escape[1] != 'u' || escape[0] != '\\' {
		return false, false
	}
	unit, err := strconv.ParseUint(string(escape[2:6]), 16, 16)
	if err != nil || unit < 0xD800 || unit > 0xDFFF {
		return false, false
	}
	return unit < 0xDC00, true
}
