package judge

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// answerSchema is the JSON schema of an answer. It keeps to what all servers
// know that make a model stick to a schema: no bounds of lengths, and the scores
// as a list.
func answerSchema(criteria []Criterion) map[string]any {
	properties := make(map[string]any)
	required := make([]string, 0, len(criteria)+1)
	add := func(name, meaning string) {
		properties[name] = map[string]any{
			"type": "object", "description": meaning,
			"properties": map[string]any{
				"reason": map[string]any{"type": "string"},
				"score":  map[string]any{"type": "integer", "enum": []int{1, 2, 3, 4, 5}},
			},
			"required": []string{"reason", "score"}, "additionalProperties": false,
		}
		required = append(required, name)
	}
	for _, c := range criteria {
		add(c.Name, c.Meaning)
	}
	add(overall, "the verdict on the commit as a whole")
	return map[string]any{
		"type": "object", "properties": properties, "required": required, "additionalProperties": false,
	}
}

// The limits of an answer in bytes: one that is longer is no answer, and of one
// that cannot be used so much is kept.
const (
	maxAnswer     = 64 << 10
	maxKeptAnswer = 4 << 10
	maxReason     = 4 << 10
)

// parseAnswer reads a model's answer into the score. It is strict: the answer
// is one JSON object with exactly the keys of the schema, each once, and scores
// that are one of the literals 1 to 5. Two things are forgiven. Line ends and
// other control characters in a string need not be escaped, as the grammars of
// some servers let them through. And prose and code fences around the object are
// passed over under one condition: of all the JSON objects that stand in the
// text, not inside each other, exactly one fits the schema. Nothing is ever
// guessed from digits in the text.
func parseAnswer(text string, criteria []Criterion) (*stage.ModelScore, error) {
	if len(text) > maxAnswer {
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, errors.New("the answer is empty")
	}
	found, whole := decodeAnswer(text, criteria)
	if whole == nil {
		return found, nil
	}
	if text[0] == '{' && objectEnd(text) == len(text) {
		return nil, whole
	}
	objects, err := objectsIn(text)
	if err != nil {
		return nil, err
	}
	found = nil
	var why error
	for _, object := range objects {
		score, err := decodeAnswer(object, criteria)
		switch {
		case err != nil:
			why = err
		case found != nil:
			return nil, errors.New("the answer holds several verdicts")
		default:
			found = score
		}
	}
	switch {
	case found != nil:
		return found, nil
	case len(objects) == 1:
		return nil, why
	case text[0] == '{':
		return nil, whole
	default:
		return nil, errors.New("the answer holds no JSON object that fits")
	}
}

// maxObjects bounds how many braces are looked at, each of which may need the
// rest of the answer to be read.
const maxObjects = 200

// objectsIn gives the parts of a text that look like JSON objects: from a brace
// to the one that closes it.
func objectsIn(text string) ([]string, error) {
	var objects []string
	for tried := 0; ; tried++ {
		at := strings.IndexByte(text, '{')
		if at < 0 {
			return objects, nil
		}
		if tried == maxObjects {
			return nil, fmt.Errorf("the answer has more than %d opening braces outside of objects", maxObjects)
		}
		text = text[at:]
		end := objectEnd(text)
		if end < 0 {
			text = text[1:]
			continue
		}
		objects = append(objects, text[:end])
		text = text[end:]
	}
}

// objectEnd gives the place after the brace that closes the one at the text's
// beginning, or -1.
func objectEnd(text string) int {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// decodeAnswer reads a JSON object that has to fit the schema exactly. The
// standard decoder alone would take keys in any case, twice, or none.
func decodeAnswer(text string, criteria []Criterion) (*stage.ModelScore, error) {
	d := json.NewDecoder(strings.NewReader(withEscapes(text)))
	d.UseNumber()
	score := &stage.ModelScore{Criteria: make([]stage.CriterionScore, len(criteria))}
	seen := make(map[string]bool, len(criteria)+1)
	err := eachMember(d, func(key string) error {
		at := -1
		for i := range criteria {
			if criteria[i].Name == key {
				at = i
			}
		}
		if at < 0 && key != overall || seen[key] {
			return fmt.Errorf("unexpected key %q", clip(key, 40))
		}
		seen[key] = true
		points, reason, err := decodeVerdict(d)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", key, err)
		case at < 0:
			score.Overall, score.Reason = points, reason
		default:
			score.Criteria[at] = stage.CriterionScore{Criterion: key, Score: points, Reason: reason}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range criteria {
		if !seen[c.Name] {
			return nil, fmt.Errorf("no %q", c.Name)
		}
	}
	if !seen[overall] {
		return nil, fmt.Errorf("no %q", overall)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON object")
	}
	return score, nil
}

// withEscapes escapes the control characters in a JSON text's strings.
func withEscapes(text string) string {
	var out strings.Builder
	quoted, from := false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted && c < ' ':
			out.WriteString(text[from:i])
			fmt.Fprintf(&out, `\u%04x`, c)
			from = i + 1
		}
	}
	if from == 0 {
		return text
	}
	out.WriteString(text[from:])
	return out.String()
}

func decodeVerdict(d *json.Decoder) (points uint8, reason string, err error) {
	hasReason := false
	err = eachMember(d, func(key string) error {
		value, err := d.Token()
		if err != nil {
			return notJSON(err)
		}
		switch text, isText := value.(string); {
		case key == "reason" && !hasReason:
			if !isText {
				return errors.New("the reason is no string")
			}
			hasReason, reason = true, clip(text, maxReason)
		case key == "score" && points == 0:
			number, isNumber := value.(json.Number)
			if !isNumber || len(number) != 1 || number[0] < '1' || number[0] > '5' {
				return fmt.Errorf("the score is %s: want 1, 2, 3, 4 or 5", clip(fmt.Sprint(value), 40))
			}
			points = number[0] - '0'
		default:
			return fmt.Errorf("unexpected key %q", clip(key, 40))
		}
		return nil
	})
	switch {
	case err != nil:
		return 0, "", err
	case points == 0:
		return 0, "", errors.New("no score")
	case !hasReason:
		return 0, "", errors.New("no reason")
	}
	return points, reason, nil
}

// eachMember calls member for each key of the object that comes next; member
// reads the value.
func eachMember(d *json.Decoder, member func(key string) error) error {
	open, err := d.Token()
	if err != nil {
		return notJSON(err)
	}
	if open != json.Delim('{') {
		return errors.New("no JSON object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return notJSON(err)
		}
		if err := member(key.(string)); err != nil { // keys are strings, or the decoder fails
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return notJSON(err)
	}
	return nil
}

func notJSON(err error) error {
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the JSON ends too early")
	}
	return fmt.Errorf("no valid JSON: %w", err)
}

// clip cuts a text to so many bytes, between characters, and marks the cut.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
