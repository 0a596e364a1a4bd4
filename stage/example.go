package stage

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Example is one row of a training set. Every field is always written, with
// the same type: an absent text is "", an absent list is [].
type Example struct {
	// Instruction is the commit's subject, a blank line, and its body without
	// the trailers that name people.
	Instruction string `json:"instruction"`
	// Input is the code that the change touches, as it was before: the
	// enclosing functions of the hunks. Empty for new files.
	Input string `json:"input"`
	// Output is the patch.
	Output string `json:"output"`

	Repo       string        `json:"repo"`
	Commit     Hash          `json:"commit"` // 40 hexadecimal digits
	Date       string        `json:"date"`   // the author's date in UTC, RFC 3339
	Paths      []string      `json:"paths"`
	Subsystems []string      `json:"subsystems"`
	Tags       []string      `json:"tags"`
	Quality    float32       `json:"quality"`
	License    string        `json:"license"` // SPDX expression; "" where unknown
	Links      []ExampleLink `json:"links"`
	// Repaired tells that a text held bytes that are not UTF-8 and was
	// repaired on its way into this row.
	Repaired bool `json:"repaired"`
}

// ExampleLink is a link as a row holds it.
type ExampleLink struct {
	Kind   LinkKind `json:"kind"`
	Commit Hash     `json:"commit"`
}

// String names the example in errors by its commit, and by its path where it
// has just one.
func (e Example) String() string {
	if len(e.Paths) == 1 {
		return fmt.Sprintf("the example of commit %s, %q", e.Commit, e.Paths[0])
	}
	return fmt.Sprintf("the example of commit %s", e.Commit)
}

// Size estimates the bytes of memory that the example's texts hold; the pipeline's
// limit on bytes in flight counts with it, and a sink makes room by it.
func (e Example) Size() int {
	size := 512 + len(e.Instruction) + len(e.Input) + len(e.Output) + len(e.Links)*64
	for _, list := range [...][]string{e.Paths, e.Subsystems, e.Tags} {
		for _, text := range list {
			size += 16 + len(text)
		}
	}
	return size
}

// RepairUTF8 replaces each run of bytes that are not UTF-8 in the example's
// texts by one U+FFFD, sets Repaired if there were any, and reports that. The
// slices of e are copied before they are changed, so that another copy of e
// stays as it is.
func (e *Example) RepairUTF8() bool {
	repaired := false
	repair := func(text *string) {
		if !utf8.ValidString(*text) {
			*text = strings.ToValidUTF8(*text, "\uFFFD")
			repaired = true
		}
	}
	for _, text := range []*string{&e.Instruction, &e.Input, &e.Output, &e.Repo, &e.Date, &e.License} {
		repair(text)
	}
	for _, list := range []*[]string{&e.Paths, &e.Subsystems, &e.Tags} {
		*list = slices.Clone(*list)
		for i := range *list {
			repair(&(*list)[i])
		}
	}
	e.Links = slices.Clone(e.Links)
	for i := range e.Links {
		repair((*string)(&e.Links[i].Kind))
	}
	e.Repaired = e.Repaired || repaired
	return repaired
}
