package dataset

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/commitflow/commitflow/stage"
)

// Example is one training example, before a [Format] gives it columns.
type Example struct {
	// Instruction is what is asked, Input is what it is asked about, and Output is
	// the answer. Input may be empty, the others are not.
	Instruction, Input, Output string
	// Rejected is an answer that is worse than Output. Only [Preference] sets it.
	Rejected string

	Metadata
	// Details is what the mode tells besides, as a pointer to a struct of one type
	// for all examples of a mode; nil in modes that have nothing to add.
	Details any

	// Split and Tier are where the example goes, as [Splits] and [Tiers] say; empty
	// where there are none.
	Split, Tier string

	// patchID is that of the commit, zero where nothing has set it.
	patchID stage.Hash
	// seconds is the committer's time of the newest commit that the example draws on.
	seconds int64
	// What Tiers goes by.
	qualityParts []stage.ScorePart
	modelScores  []stage.ModelScore
	tierDetails  *TierDetails // nil unless the row is to tell
}

// Metadata are the columns that every row has, whatever its mode and format.
// Every field is always written, with the same type: an absent text is "", an
// absent list is [].
type Metadata struct {
	// ID names the row: no other row of the mode has it. It is made of the mode,
	// the commit, and what tells the rows of the commit apart.
	ID         string     `json:"id"`
	Repo       string     `json:"repo"`
	Commit     stage.Hash `json:"commit"` // 40 hexadecimal digits
	Date       string     `json:"date"`   // the author's date in UTC, RFC 3339
	Paths      []string   `json:"paths"`
	Subsystems []string   `json:"subsystems"`
	Tags       []string   `json:"tags"`
	Quality    float32    `json:"quality"`
	License    string     `json:"license"` // SPDX expression; "" where unknown
	Links      []Link     `json:"links"`
	// State is what became of the commit by the end of the history: in-effect,
	// reverted or reapplied.
	State stage.State `json:"state"`
	// Repaired tells that a text held bytes that are not UTF-8 and was
	// repaired on its way into this row.
	Repaired bool `json:"repaired"`
	// PromptTokens counts the tokens of instruction and input, OutputTokens those of
	// the output; 0 where no tokenizer was given.
	PromptTokens int `json:"prompt_tokens"`
	OutputTokens int `json:"output_tokens"`
	// LeftOut lists the code that the input does not show for want of room.
	LeftOut []LeftOut `json:"left_out"`
}

// Link is a link to another commit as a row holds it.
type Link struct {
	Kind       stage.LinkKind       `json:"kind"`
	Commit     stage.Hash           `json:"commit"`
	Confidence stage.LinkConfidence `json:"confidence"` // high, medium or low
}

// LeftOut is a piece of a file, before the change, of which not all is shown.
type LeftOut struct {
	Path  string `json:"path"`
	First int    `json:"first"` // its first line, from 1
	Last  int    `json:"last"`
	// Changed tells that lines which the patch removes or shows as context are among
	// those left out: nothing of the piece is shown then.
	Changed bool `json:"changed"`
}

// Identity names the example in errors.
func (e *Example) Identity() string { return "commit " + e.Commit.String() }

// String names the example in errors by its commit, and by its path where it
// has just one.
func (m *Metadata) String() string {
	if len(m.Paths) == 1 {
		return fmt.Sprintf("the example of commit %s, %q", m.Commit, m.Paths[0])
	}
	return fmt.Sprintf("the example of commit %s", m.Commit)
}

// Size estimates the bytes of memory that the example's texts hold; the pipeline's
// limit on bytes in flight counts with it.
func (e *Example) Size() int {
	return len(e.Instruction) + len(e.Input) + len(e.Output) + len(e.Rejected) + e.Metadata.size() + sizeOfDetails(e.Details)
}

func (m *Metadata) size() int {
	size := 512 + len(m.Links)*64 + len(m.LeftOut)*64
	for _, list := range [...][]string{m.Paths, m.Subsystems, m.Tags} {
		for _, text := range list {
			size += 16 + len(text)
		}
	}
	return size
}

func sizeOfDetails(details any) int {
	if sized, ok := details.(interface{ Size() int }); ok {
		return sized.Size()
	}
	return 64
}

// newExample gives an example with what all examples of the commit have in common.
func newExample(c *stage.Commit, id string) *Example {
	e := &Example{Metadata: Metadata{
		ID:         id,
		Repo:       c.Repo,
		Commit:     c.Hash,
		Date:       rowDate(c.Author),
		Paths:      make([]string, 0, len(c.Files)),
		Subsystems: append([]string{}, c.Subsystems...),
		Tags:       make([]string, 0, len(c.Tags)),
		Quality:    c.Quality.Score,
		Links:      make([]Link, 0, len(c.Links)),
		State:      c.State,
		LeftOut:    []LeftOut{},
	}, patchID: c.PatchID, seconds: c.Committer.Seconds, qualityParts: c.Quality.Parts, modelScores: c.ModelScores}
	for i := range c.Tags {
		e.Tags = append(e.Tags, c.Tags[i].Name)
	}
	for _, link := range c.Links {
		e.Links = append(e.Links, Link{Kind: link.Kind, Commit: link.Commit, Confidence: link.Confidence})
	}
	return e
}

// setFiles sets what depends on the files.
func (e *Example) setFiles(files []stage.FileChange) {
	for i := range files {
		e.Paths = append(e.Paths, e.valid(files[i].Path()))
	}
	e.License = joinLicenses(files)
}

// valid gives a text as UTF-8, and marks the row if it was not.
func (m *Metadata) valid(text string) string {
	text, repair := stage.Charset{}.UTF8(text)
	m.Repaired = m.Repaired || repair != ""
	return text
}

// repair replaces what is not UTF-8 in the texts by U+FFFD, and reports whether
// there was any. Lists are copied before they are changed.
func (m *Metadata) repair() bool {
	repaired := false
	repair := func(text *string) {
		if !utf8.ValidString(*text) {
			*text = strings.ToValidUTF8(*text, "\uFFFD")
			repaired = true
		}
	}
	for _, text := range []*string{&m.ID, &m.Repo, &m.Date, &m.License} {
		repair(text)
	}
	for _, list := range []*[]string{&m.Paths, &m.Subsystems, &m.Tags} {
		*list = slices.Clone(*list)
		for i := range *list {
			repair(&(*list)[i])
		}
	}
	return repaired
}

// The years that RFC 3339 and most calendars can write.
var (
	firstSecond = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	lastSecond  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
)

// rowDate gives the moment in RFC 3339. One outside the years 1 to 9999, which git
// can store, becomes the nearest that RFC 3339 can write.
func rowDate(s stage.Signature) string {
	s.Seconds = min(max(s.Seconds, firstSecond), lastSecond)
	return s.Time().Format(time.RFC3339)
}

// joinLicenses joins the distinct expressions of the files, in their order; files
// of unknown licence add nothing. AND binds closer than OR in SPDX expressions,
// hence the parentheses.
func joinLicenses(files []stage.FileChange) string {
	var distinct []string
	for i := range files {
		if license := files[i].License; license != "" && !slices.Contains(distinct, license) {
			distinct = append(distinct, license)
		}
	}
	if len(distinct) > 1 {
		for i, license := range distinct {
			if strings.Contains(strings.ToUpper(license), " OR ") {
				distinct[i] = "(" + license + ")"
			}
		}
	}
	return strings.Join(distinct, " AND ")
}
