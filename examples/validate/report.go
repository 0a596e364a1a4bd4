package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/commitflow/commitflow/stage/dataset"
)

// report is what validation found.
type report struct {
	Dataset string  `json:"dataset"`
	Rows    int64   `json:"rows"`
	Splits  []split `json:"splits"`
	// LineBytes and PromptTokens are distributions over all rows.
	LineBytes    distribution `json:"line_bytes"`
	PromptTokens distribution `json:"prompt_tokens"`
	// Patches counts the rows by what became of the check of their patch.
	Patches map[string]int64 `json:"patches"`
	// ProblemCount is the number of problems, ByCheck by what was checked, and
	// Problems are the first of them.
	ProblemCount int64            `json:"problem_count"`
	ByCheck      map[string]int64 `json:"problems_by_check"`
	Problems     []problem        `json:"problems"`
}

// split is a split of a config, by the manifest and the files.
type split struct {
	Name   string       `json:"name"`
	Rows   int64        `json:"rows"`
	Tokens distribution `json:"tokens"`
}

// distribution is of tokens or bytes.
type distribution struct {
	Median int `json:"median"`
	P95    int `json:"p95"`
	Most   int `json:"most"`
}

// problem is one thing that is wrong.
type problem struct {
	File  string `json:"file"`
	Line  int    `json:"line"` // from 1; 0 where the file as a whole is meant
	Check string `json:"check"`
	Why   string `json:"why"`
}

func (p problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s: %s", p.File, p.Check, p.Why)
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.Check, p.Why)
}

func distributionOf(h *dataset.Histogram) distribution {
	return distribution{h.Quantile(0.5), h.Quantile(0.95), h.Quantile(1)}
}

// finish sums up, once all rows were seen.
func (v *validation) finish(shards []shard) {
	v.report.LineBytes, v.report.PromptTokens = distributionOf(&v.length), distributionOf(&v.prompt)
	var names []string
	for _, s := range shards {
		if !slices.Contains(names, s.split) {
			names = append(names, s.split)
		}
	}
	for _, name := range names {
		h := v.tokens[name]
		if h == nil {
			h = &dataset.Histogram{}
		}
		v.report.Splits = append(v.report.Splits, split{name, h.Len(), distributionOf(h)})
	}
	if v.report.Rows == 0 {
		v.problem("manifest.json", 0, "rows", "the dataset has no rows")
	}
}

// print writes the report as a table for people, the problems first.
func (r *report) print(out io.Writer) error {
	for _, p := range r.Problems {
		fmt.Fprintln(out, p)
	}
	if more := r.ProblemCount - int64(len(r.Problems)); more > 0 {
		fmt.Fprintf(out, "… and %d more (-list %d shows them)\n", more, r.ProblemCount)
	}
	if r.ProblemCount > 0 {
		fmt.Fprintln(out)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\trows\tmedian\tp95\tmost\t")
	for _, s := range r.Splits {
		fmt.Fprintf(table, "%s, tokens\t%d\t%d\t%d\t%d\t\n", s.Name, s.Rows, s.Tokens.Median, s.Tokens.P95, s.Tokens.Most)
	}
	fmt.Fprintf(table, "tokens of prompts\t%d\t%d\t%d\t%d\t\n", r.Rows, r.PromptTokens.Median, r.PromptTokens.P95, r.PromptTokens.Most)
	fmt.Fprintf(table, "bytes of lines\t%d\t%d\t%d\t%d\t\n", r.Rows, r.LineBytes.Median, r.LineBytes.P95, r.LineBytes.Most)
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "\npatches:")
	for _, outcome := range slices.Sorted(maps.Keys(r.Patches)) {
		fmt.Fprintf(out, "  %d %s\n", r.Patches[outcome], outcome)
	}
	if r.ProblemCount == 0 {
		_, err := fmt.Fprintf(out, "\n%s: no problems\n", r.Dataset)
		return err
	}
	var checks []string
	for _, check := range slices.Sorted(maps.Keys(r.ByCheck)) {
		checks = append(checks, fmt.Sprintf("%s %d", check, r.ByCheck[check]))
	}
	_, err := fmt.Fprintf(out, "\n%s: %d problems (%s)\n", r.Dataset, r.ProblemCount, strings.Join(checks, ", "))
	return err
}
