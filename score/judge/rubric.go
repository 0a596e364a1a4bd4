package judge

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"text/template"

	"github.com/commitflow/commitflow/stage"
)

// Kept answers go by the hash of this text, its comment included. That names the
// package in which rubrics were before; correcting it would have everything asked
// again.
//
//go:embed rubrics/teaching.tmpl
var teachingText string

// Rubric is what a model is asked: by which criteria to judge, and how a commit
// is put before it. It is a text of Go's text/template with these parts:
//
//	{{define "name"}}     what to call it: letters, digits, "-", "_" and "."
//	{{define "version"}}  the same kind of word; change it with the meaning
//	{{define "criteria"}} a line "name: what it means" for each criterion
//	{{define "system"}}   what the model is told first; given .Criteria
//	{{define "commit"}}   the commit; given .Message, .Code, .Patch, .LeftOut,
//	                      and .Repo, .Hash, .Subject
//
// Criteria are named in lower case letters, digits and "_"; "overall" is always
// the last one and not listed. The part "commit" has to show .Message and
// .Patch. rubrics/teaching.tmpl, which is [DefaultRubric], serves as an example.
//
// The zero Rubric is DefaultRubric. A Rubric does not change, and is safe for
// concurrent use.
type Rubric struct{ *rubric }

type rubric struct {
	id       string
	criteria []Criterion
	system   string
	commit   *template.Template
	schema   map[string]any
}

// Criterion is one of the things that a rubric judges by.
type Criterion struct{ Name, Meaning string }

// overall names the verdict on the whole commit.
const overall = "overall"

// maxRubricBytes bounds the text of a rubric, and maxCriteria the verdicts that
// an answer has to hold.
const (
	maxRubricBytes = 256 << 10
	maxCriteria    = 16
)

// DefaultRubric judges a commit's worth as teaching material: whether its
// message says why, whether the change is focused, correct and shows good
// practice, and whether it would teach.
var DefaultRubric = mustRubric(teachingText)

func mustRubric(text string) Rubric {
	r, err := ParseRubric(text)
	if err != nil {
		panic(err)
	}
	return r
}

// or gives the rubric, or the default one for the zero value.
func (r Rubric) or(other Rubric) Rubric {
	if r.rubric == nil {
		return other
	}
	return r
}

// ReadRubric reads a rubric from a file.
func ReadRubric(path string) (Rubric, error) {
	f, err := os.Open(path)
	if err != nil {
		return Rubric{}, fmt.Errorf("rubric: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRubricBytes+1))
	if err != nil {
		return Rubric{}, fmt.Errorf("rubric: %w", err)
	}
	r, err := ParseRubric(string(text))
	if err != nil {
		return Rubric{}, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// ParseRubric reads a rubric and tries it on an invented commit, so that what is
// wrong with it shows at once.
func ParseRubric(text string) (Rubric, error) {
	r, err := parseRubric(text)
	if err != nil {
		return Rubric{}, fmt.Errorf("rubric: %w", err)
	}
	return Rubric{r}, nil
}

var word = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

func parseRubric(text string) (*rubric, error) {
	if len(text) > maxRubricBytes {
		return nil, fmt.Errorf("longer than %d bytes", maxRubricBytes)
	}
	all, err := template.New("rubric").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, err
	}
	for _, part := range []string{"name", "version", "criteria", "system", "commit"} {
		if all.Lookup(part) == nil {
			return nil, fmt.Errorf("the part {{define %q}} is missing", part)
		}
	}
	words := make(map[string]string)
	for _, part := range []string{"name", "version"} {
		text, err := render(all, part, nil)
		if err != nil {
			return nil, err
		}
		if words[part] = strings.TrimSpace(text); !word.MatchString(words[part]) {
			return nil, fmt.Errorf("the part %q is %q: want one word of letters, digits, \"-\", \"_\" and \".\"", part, words[part])
		}
	}
	list, err := render(all, "criteria", nil)
	if err != nil {
		return nil, err
	}
	r := &rubric{commit: all}
	if r.criteria, err = parseCriteria(list); err != nil {
		return nil, err
	}
	if r.system, err = render(all, "system", struct{ Criteria []Criterion }{r.criteria}); err != nil {
		return nil, err
	}
	if strings.TrimSpace(r.system) == "" {
		return nil, errors.New(`the part "system" is empty`)
	}
	sum := sha256.Sum256([]byte(text))
	r.id = fmt.Sprintf("%s/%s@%s", words["name"], words["version"], hex.EncodeToString(sum[:6]))
	r.schema = answerSchema(r.criteria)
	return r, r.try()
}

var criterionName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func parseCriteria(list string) ([]Criterion, error) {
	var criteria []Criterion
	seen := map[string]bool{overall: true}
	for line := range strings.Lines(list) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		name, meaning, found := strings.Cut(line, ":")
		name, meaning = strings.TrimSpace(name), strings.TrimSpace(meaning)
		switch {
		case !found || meaning == "":
			return nil, fmt.Errorf("criterion %q: want \"name: what it means\"", strings.TrimSpace(line))
		case !criterionName.MatchString(name):
			return nil, fmt.Errorf("criterion %q: want a name of lower case letters, digits and \"_\"", name)
		case seen[name]:
			return nil, fmt.Errorf("criterion %q: the name is taken", name)
		}
		seen[name] = true
		criteria = append(criteria, Criterion{name, meaning})
	}
	if len(criteria) == 0 || len(criteria) > maxCriteria {
		return nil, fmt.Errorf("%d criteria: want 1 to %d", len(criteria), maxCriteria)
	}
	return criteria, nil
}

// try shows an invented commit, and makes sure that the model would see it.
func (r *rubric) try() error {
	const message, patch = "commitflow-sample-message", "commitflow-sample-patch"
	for _, sample := range []promptParts{
		{Subject: message, Message: message, Code: "int f(void);\n", Patch: patch, LeftOut: []string{"one file"}},
		{Subject: "", Message: message, Patch: patch},
	} {
		text, err := r.show(&sample)
		if err != nil {
			return err
		}
		if !strings.Contains(text, message) || !strings.Contains(text, patch) {
			return errors.New(`the part "commit" does not show the commit: let it have {{.Message}} and {{.Patch}}`)
		}
	}
	return nil
}

// promptParts is what the part "commit" of a rubric is given.
type promptParts struct {
	// Repo and Hash tell which commit it is. A model that knows the history may
	// remember it by them, so the default rubric shows neither.
	Repo string
	Hash stage.Hash
	// Subject is the first paragraph of Message, which has no trailers that name
	// people.
	Subject, Message string
	// Code is the functions that the patch touches, as they were before.
	Code  string
	Patch string
	// LeftOut tells what there was no room for.
	LeftOut []string
}

// show writes the part "commit".
func (r *rubric) show(parts *promptParts) (string, error) {
	return render(r.commit, "commit", parts)
}

func render(t *template.Template, part string, with any) (string, error) {
	var out bytes.Buffer
	if err := t.ExecuteTemplate(&out, part, with); err != nil {
		return "", err
	}
	return out.String(), nil
}

// ID names the rubric where scores are kept: its name and version and the
// beginning of the hash of its text, such as "teaching/1@3f9c0a5be1d2".
func (r Rubric) ID() string { return r.or(DefaultRubric).id }

// Criteria lists what the rubric judges by, without the overall verdict.
func (r Rubric) Criteria() []Criterion {
	return append([]Criterion(nil), r.or(DefaultRubric).criteria...)
}
