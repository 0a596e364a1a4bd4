package sink

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/commitflow/commitflow/stage"
)

// exampleRow is a row with the kinds of columns that a training set has.
type exampleRow struct {
	Instruction string       `json:"instruction"`
	Input       string       `json:"input"`
	Output      string       `json:"output"`
	Repo        string       `json:"repo"`
	Commit      stage.Hash   `json:"commit"`
	Date        string       `json:"date"`
	Paths       []string     `json:"paths"`
	Subsystems  []string     `json:"subsystems"`
	Tags        []string     `json:"tags"`
	Quality     float32      `json:"quality"`
	License     string       `json:"license"`
	Links       []linkColumn `json:"links"`
	Repaired    bool         `json:"repaired"`
}

type linkColumn struct {
	Kind   stage.LinkKind `json:"kind"`
	Commit stage.Hash     `json:"commit"`
}

func (e exampleRow) String() string { return "the example of commit " + e.Commit.String() }

func (e exampleRow) Size() int { return 512 + len(e.Instruction) + len(e.Input) + len(e.Output) }

func (e *exampleRow) RepairUTF8() bool {
	repaired := false
	repair := func(text *string) {
		if !utf8.ValidString(*text) {
			*text = strings.ToValidUTF8(*text, replacement)
			repaired = true
		}
	}
	repair(&e.Instruction)
	repair(&e.Output)
	for _, list := range []*[]string{&e.Paths, &e.Tags} {
		*list = slices.Clone(*list)
		for i := range *list {
			repair(&(*list)[i])
		}
	}
	e.Repaired = e.Repaired || repaired
	return repaired
}
