package schema

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// Question is something that people ask of a history, and the SQL that answers
// it on a current server.
type Question struct {
	// Name is that of the file in queries, without its ending: "hot_spots".
	Name string
	// About says what is asked, in a sentence or two.
	About string
	// Parameters are what may be set, apart from the repository.
	Parameters []Parameter

	text string
}

// Parameter is a setting of a question.
type Parameter struct {
	Name string
	// Type is String, UInt64 or Float64.
	Type string
	// Default is used if no argument is given.
	Default string
}

// Questions lists all that is in the directory queries, by name.
func Questions() []Question { return questions }

var questions = readQuestions(queryFiles)

// parameterLine is a comment that declares a parameter.
var parameterLine = regexp.MustCompile(`^-- (\w+) (String|UInt64|Float64) (\S+)$`)

func readQuestions(files fs.FS) []Question {
	names, err := fs.Glob(files, "queries/*.sql")
	if err != nil {
		panic(err)
	}
	read := make([]Question, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			panic(err)
		}
		q := Question{Name: strings.TrimSuffix(strings.TrimPrefix(name, "queries/"), ".sql")}
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSuffix(line, "\n")
			if m := parameterLine.FindStringSubmatch(line); m != nil {
				q.Parameters = append(q.Parameters, Parameter{Name: m[1], Type: m[2], Default: m[3]})
			} else if comment, ok := strings.CutPrefix(line, "-- "); ok {
				q.About = strings.TrimSpace(q.About + " " + comment)
			} else {
				q.text += line + "\n"
			}
		}
		read = append(read, q)
	}
	return read
}

// Query makes the question ready to be asked of a repository in a database.
// Values replace the defaults of parameters, by their names. Result and OnResult
// are left to the caller.
func (q Question) Query(db Database, repo string, values map[string]string) (Query, error) {
	query := Query{Text: db.named(q.text), Arguments: []Argument{{"repo", repo}}}
	known := 0
	for _, p := range q.Parameters {
		text := p.Default
		if value, ok := values[p.Name]; ok {
			text = value
			known++
		}
		argument, err := p.argument(text)
		if err != nil {
			return Query{}, fmt.Errorf("question %s: %w", q.Name, err)
		}
		query.Arguments = append(query.Arguments, argument)
	}
	if known < len(values) {
		return Query{}, fmt.Errorf("question %s has no such parameter: it has %v, and %d are given", q.Name, q.Parameters, len(values))
	}
	return query, nil
}

func (p Parameter) argument(text string) (Argument, error) {
	var value any = text
	var err error
	switch p.Type {
	case "UInt64":
		value, err = strconv.ParseUint(text, 10, 64)
	case "Float64":
		value, err = strconv.ParseFloat(text, 64)
	}
	if err != nil {
		return Argument{}, fmt.Errorf("%s=%q: want a number (%s)", p.Name, text, p.Type)
	}
	return Argument{p.Name, value}, nil
}
