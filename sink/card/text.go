package card

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// maxLicenses is how many expressions the card lists by themselves.
const maxLicenses = 30

// modeTexts say what the rows of a mode are.
var modeTexts = map[dataset.Mode]string{
	dataset.ModeStandard:      "Each row asks for the change that a commit made: the commit's message and the code before it, answered with the change.",
	dataset.ModeBugfix:        "Each row asks to fix buggy code, as it stood just before the commit that fixed it; the answer says what was wrong and gives the fix.",
	dataset.ModeCommitMessage: "Each row asks for the message of a patch.",
	dataset.ModeExplain:       "Each row asks to explain a patch; the answer is the commit's own message, of commits whose message explains something.",
	dataset.ModeOptimize:      "Each row asks to make code faster or smaller; the answer says what is gained, and gives the change.",
	dataset.ModeSecurity:      "Rows ask to fix vulnerable code, or whether code is vulnerable; the code after the fix and ordinary code are the negatives.",
	dataset.ModeReview:        "Each row asks to review a patch; the answer is what later fixes and reverts showed to be wrong with it, or that no defect is known.",
	dataset.ModeBackport:      "Each row asks to bring an upstream commit to an older branch; the answer is the change that the branch got.",
	dataset.ModePreference:    "Each row is a pair of answers to the same question: the rejected one is what a commit did, and the chosen one what later commits made of it.",
}

// columnTexts say what is in a column, whatever the mode and format.
var columnTexts = map[string]string{
	"instruction": "what is asked", "input": "what it is asked about; may be empty", "output": "the answer",
	"messages": "one turn of the user, with all that is asked, and the answer of the assistant",
	"prompt":   "all that is asked", "completion": "the answer", "text": "all that is asked, an empty line, and the answer",
	"chosen": "the better answer", "rejected": "the worse one",
	"id": "names the row", "repo": "name of the repository", "commit": "hash of the commit", "date": "the author's date, in UTC",
	"paths": "the changed files", "subsystems": "parts of the project, the closest first", "tags": "what the commit is about",
	"quality": "how good an example the commit makes, 0 to 100", "license": "SPDX expression of the files; empty where unknown",
	"links": "what the commit fixes, reverts or backports, and what fixes, reverts or backports it", "state": "what became of the commit: in-effect, reverted or reapplied",
	"repaired": "a text held bytes that are not UTF-8, and they were replaced", "prompt_tokens": "tokens of what is asked",
	"output_tokens": "tokens of the answer", "left_out": "code before the change that the row does not show, for want of room",
	"tier": "premium, high or standard", "tier_score": "what the tier follows from, 0 to 100",
	"tier_model": "the language model that gave the score; empty for the heuristic", "tier_reason": "why: the model's words, or the rules with their points",
	"evidence": "why the commit counts for this mode", "explanation": "what the commit says was wrong", "introduced_by": "the commits that brought the bug in",
	"lifetime_days": "how long the bug lived; -1 where unknown", "lifetime_releases": "and through how many releases",
	"figures": "sentences with what was measured", "task": "fix or detect", "label": "vulnerable, fixed or ordinary",
	"strength": "who vouches for the label: cve, syzbot, stable or keyword", "cves": "the vulnerabilities that the commit fixes",
	"cvss": "the highest base score of these; 0 where unknown", "verdict": "defect, or no defect known",
	"findings": "the later commits that show a defect", "years_known": "how long the commit has been in the history",
	"releases_known": "and through how many releases", "upstream": "hash of the upstream commit", "upstream_date": "its date",
	"adapted": "the changed lines are not those of the upstream commit", "kind": "what shows the rejected answer to be the worse: fix, partial-revert, reapplied or revert",
	"later": "hash of the later commit that shows it", "later_date": "its date", "days": "between the two commits; -1 where unknown",
}

// writeText writes what stands below the front matter.
func (c *Card) writeText(out *bytes.Buffer, configs []config) {
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	s := c.Statistics
	oldest, newest := s.Dates()

	say("# %s\n\n%s\n", inline(c.title()), modeTexts[c.Mode])
	say("%d rows, by authors' dates from %s to %s. The files are JSON Lines, compressed with zstd; every row has the same columns with the same types, and nothing is null.\n", s.Rows(), day(oldest), day(newest))
	if len(configs) > 0 {
		say("| config | split | rows | files |\n|---|---|---|---|")
		for _, config := range configs {
			for _, split := range config.splits {
				say("| %s | %s | %d | `%s` |", config.name, split.name, split.rows, strings.Join(split.patterns, "` `"))
			}
		}
		say("")
	}
	c.writeUse(out)
	c.writeProvenance(out)
	c.writeTokens(out)
	c.writeColumns(out)
	c.writeLicenses(out)
	c.writeLimits(out)
}

func (c *Card) writeUse(out *bytes.Buffer) {
	fmt.Fprint(out, "## Use\n\n```python\nfrom datasets import load_dataset\nrows = load_dataset(\"PATH_OF_THIS_DIRECTORY\", split=\"train\")\n```\n\n")
	if tiers := c.tiers(); len(tiers) > 0 {
		fmt.Fprintf(out, "A name after the directory chooses some of the rows only: %s.\n\n", strings.Join(tiers, ", "))
	}
	if c.Format == dataset.Alpaca {
		fmt.Fprintf(out, "TRL has no trainer for these columns as they are; Axolotl has (`type: alpaca`).")
	} else {
		trainer := "SFTTrainer"
		if c.Mode == dataset.ModePreference {
			trainer = "DPOTrainer"
		}
		fmt.Fprintf(out, "TRL's `%s` takes these rows as they are.", trainer)
	}
	fmt.Fprintf(out, " For Axolotl, in this directory: `axolotl train %s` (QLoRA of a 7B model) or `axolotl train %s` (all of its weights).\n\n", Axolotl, AxolotlFull)
}

func (c *Card) writeProvenance(out *bytes.Buffer) {
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	say("## Where the rows come from\n")
	say("Made by %s from %s.", inline(c.Manifest.CreatedBy), code(c.Manifest.Source))
	if len(c.Tips) > 0 {
		say("The history was read from:\n")
		for _, tip := range c.Tips {
			say("- %s", code(tip))
		}
	}
	say("\n| setting | value |\n|---|---|\n| mode | %s |\n| format | %s |", c.Mode, c.Format)
	for _, name := range slices.Sorted(maps.Keys(c.Settings)) {
		say("| %s | %s |", cell(name), cell(c.Settings[name]))
	}
	say("")
	c.writeReport(out)
}

// writeReport tells what each stage took, gave and left out.
func (c *Card) writeReport(out *bytes.Buffer) {
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	if c.Report == nil {
		say("The run was stopped after a number of rows, so that it is not known what else it would have left out.\n")
		return
	}
	if c.Report.Resumed > 0 {
		say("The run went on where an earlier one had stopped, after %d commits; these are the counts of what was left.\n", c.Report.Resumed)
	}
	say("| stage | in | out | left out, by reason |\n|---|---|---|---|")
	for i := range c.Report.Stages {
		s := &c.Report.Stages[i]
		say("| %s | %d | %d | %s |", cell(s.Name), s.In, s.Emitted, cell(reasons(s)))
	}
	say("")
}

// reasons lists why a stage has left items out, the most frequent first.
func reasons(s *stage.StageReport) string {
	names := slices.SortedFunc(maps.Keys(s.Dropped), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Dropped[b], s.Dropped[a]), strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, s.Dropped[name])
	}
	return strings.Join(names, ", ")
}

func (c *Card) writeTokens(out *bytes.Buffer) {
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	say("## Tokens\n")
	if c.Tokenizer == "" {
		say("They were not counted.\n")
		return
	}
	say("Counted as %s; a format's own marks are not counted.\n", code(c.Tokenizer))
	say("| | median | 95th percentile | most |\n|---|---|---|---|")
	for _, row := range []struct {
		name string
		h    *dataset.Histogram
	}{{"prompt", c.Statistics.Prompt()}, {"output", c.Statistics.Output()}, {"both", c.Statistics.Total()}} {
		say("| %s | %d | %d | %d |", row.name, row.h.Quantile(0.5), row.h.Quantile(0.95), row.h.Quantile(1))
	}
	say("")
}

func (c *Card) writeColumns(out *bytes.Buffer) {
	fmt.Fprint(out, "## Columns\n\n| column | type | what |\n|---|---|---|\n")
	columns, _ := features(c.structs()) // readme has failed where this does
	for i := range columns {
		fmt.Fprintf(out, "| `%s` | %s | %s |\n", columns[i].Name, columns[i].typeText(), columnTexts[columns[i].Name])
	}
	fmt.Fprintln(out)
}

// typeText gives the type for people: "list of {path, first}".
func (f *feature) typeText() string {
	switch list := f.List.(type) {
	case string:
		return "list of " + list
	case []feature:
		names := make([]string, len(list))
		for i := range list {
			names[i] = list[i].Name
		}
		return "list of {" + strings.Join(names, ", ") + "}"
	}
	return f.Dtype
}

func (c *Card) writeLicenses(out *bytes.Buffer) {
	fmt.Fprint(out, "## Licences\n\nThe rows hold code of the repository, which stays under the licences of its files. Rows by SPDX expression, as the files themselves state it:\n\n| licence | rows |\n|---|---|\n")
	rows := c.Statistics.Licenses()
	names := slices.SortedFunc(maps.Keys(rows), func(a, b string) int {
		return cmp.Or(cmp.Compare(rows[b], rows[a]), strings.Compare(a, b))
	})
	rest := int64(0)
	for i, name := range names {
		switch {
		case i >= maxLicenses:
			rest += rows[name]
		case name == "":
			fmt.Fprintf(out, "| not stated | %d |\n", rows[name])
		default:
			fmt.Fprintf(out, "| %s | %d |\n", cell(name), rows[name])
		}
	}
	if rest > 0 {
		fmt.Fprintf(out, "| %d further expressions | %d |\n", len(names)-maxLicenses, rest)
	}
	fmt.Fprintln(out)
}

func (c *Card) writeLimits(out *bytes.Buffer) {
	s := c.Statistics
	limits := []string{
		"Labels come from messages, trailers and later history, not from people who read the code. Each names its evidence or confidence; weak evidence is often wrong.",
		"Messages and code are as their authors wrote them: mistakes, names and mail addresses inside of texts included. The texts were not searched for secrets or insults.",
		"Licences are those that the files state; where they do not, the repository's own licence applies.",
	}
	if c.Mode.LooksBack() {
		limits = append(limits, "Each row tells of a commit what only later ones have shown: a test set has to be later than all of that, and \"no defect known\" is not \"no defect\".")
	}
	if s.LeftOut() > 0 {
		limits = append(limits, fmt.Sprintf("%d rows do not show all of the code before the change; their column `left_out` says what is missing.", s.LeftOut()))
	}
	if s.Repaired() > 0 {
		limits = append(limits, fmt.Sprintf("%d rows held bytes that are not UTF-8 (column `repaired`).", s.Repaired()))
	}
	fmt.Fprintf(out, "## Known limits\n\n- %s\n", strings.Join(limits, "\n- "))
}

func day(date string) string {
	if date == "" {
		return "-"
	}
	return date[:min(len(date), len("2006-01-02"))]
}

// inline makes a text safe to stand in a line of Markdown.
func inline(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	return strings.NewReplacer("<", "&lt;", ">", "&gt;", "[", `\[`, "]", `\]`, "*", `\*`, "_", `\_`, "`", "\\`").Replace(text)
}

// cell makes a text safe to stand in a table.
func cell(text string) string { return strings.ReplaceAll(inline(text), "|", `\|`) }

// code shows a text as it is.
func code(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	if text == "" {
		return "an unnamed source"
	}
	return "`" + strings.ReplaceAll(text, "`", "'") + "`"
}
