package dataset

import (
	"context"
	"regexp"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// Optimize asks to make code faster or smaller: input is the code before, output
// what the message says and the change in the settings' form. It takes commits with
// the tag "performance"; [OptimizeDetails] hold the figures that they claim.
type Optimize struct{ Settings }

// OptimizeDetails are the columns of [Optimize] examples.
type OptimizeDetails struct {
	// Figures are the sentences, or lines of a table, of the message that hold a
	// number with a unit: what was measured.
	Figures []string `json:"figures"`
	// Evidence is what made the commit one about performance.
	Evidence []string `json:"evidence"`
}

const (
	optimizeInstruction = "Make this code faster, or let it use less memory or power. Say what you gain by it."
	dropNoOptimization  = "no optimization"
	performanceTag      = "performance"
	maxFigures          = 16
)

var (
	_ stage.Processor[*stage.Commit, *Example] = (*Optimize)(nil)
	_ stage.Opener                             = (*Optimize)(nil)
	_ stage.Configured                         = (*Optimize)(nil)
)

// Process makes the example of an optimization, or drops the commit.
func (m *Optimize) Process(_ context.Context, c *stage.Commit, emit func(*Example)) error {
	if !c.HasTag(performanceTag) || c.IsMerge() {
		return stage.Drop(dropNoOptimization)
	}
	e, err := m.repair(c, "optimize", optimizeInstruction)
	if err != nil {
		return err
	}
	details := &OptimizeDetails{Figures: figures(explanation(c)), Evidence: evidenceOf(c, performanceTag)}
	for _, list := range [][]string{details.Figures, details.Evidence} {
		for i := range list {
			list[i] = e.valid(list[i])
		}
	}
	e.Details = details
	emit(e)
	return nil
}

// measured matches a number with the unit of something that is measured.
var measured = regexp.MustCompile(`(?i)\b\d[\d,.]*\s?(%|percent\b|x\b|times\b|(n|u|µ|m)?s(ec(onds?)?)?\b|seconds?\b|cycles\b|(k|m|g)i?b(/s|ps|ytes)?\b|bytes\b|m?hz\b|fps\b|iops\b)`)

// figures gives the sentences with a measured number.
func figures(text string) []string {
	found := []string{}
	for _, paragraph := range strings.Split(text, "\n\n") {
		for _, sentence := range sentences(paragraph) {
			if len(found) < maxFigures && measured.MatchString(sentence) {
				found = append(found, sentence)
			}
		}
	}
	return found
}

// sentences splits a paragraph: prose at full stops, a table at its lines.
func sentences(paragraph string) []string {
	table := false
	for line := range strings.Lines(paragraph) {
		table = table || line[0] == ' ' || line[0] == '\t' || line[0] == '|'
	}
	var parts []string
	if table {
		parts = strings.Split(paragraph, "\n")
	} else {
		parts = strings.SplitAfter(strings.Join(strings.Fields(paragraph), " "), ". ")
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// evidenceOf gives what made a commit have the tag: "rule: text".
func evidenceOf(c *stage.Commit, tag string) []string {
	list := []string{}
	for i := range c.Tags {
		if c.Tags[i].Name != tag {
			continue
		}
		for _, evidence := range c.Tags[i].Evidence {
			list = append(list, evidence.Rule+": "+evidence.Text)
		}
	}
	return list
}
