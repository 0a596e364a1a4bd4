package dataset

import (
	"context"
	"regexp"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// Bugfix asks to find and fix a bug: input is the code as it stood just before the
// fix, output tells what was wrong and gives the fix, in the settings' form.
// [BugfixDetails] tell how the commit is known to be a fix, and of the commits that
// brought the bug in. Commits that are no fixes make no example.
type Bugfix struct {
	Settings
	// Related loads the commits that brought the bugs in.
	Related *Related
}

// BugfixDetails are the columns of [Bugfix] examples.
type BugfixDetails struct {
	// Evidence tells how the commit is known to be a fix, from strong to weak:
	// "fixes-link" (it names the commit that it fixes), "fixes-trailer" (the named one
	// is not in the history), "stable" (it was meant for the stable releases),
	// "report" (it names a report of a bug), "subject" (its subject says so).
	Evidence string `json:"evidence"`
	// Explanation is what the message says of the bug, without trailers.
	Explanation string `json:"explanation"`
	// IntroducedBy are the commits that brought the bug in.
	IntroducedBy []Introduction `json:"introduced_by"`
	// LifetimeDays and LifetimeReleases are how long the bug lived, from the oldest of
	// these to the fix, see [stage.Link]; -1 where that is unknown.
	LifetimeDays     int `json:"lifetime_days"`
	LifetimeReleases int `json:"lifetime_releases"`
}

// Size estimates the memory that the texts hold.
func (d *BugfixDetails) Size() int {
	size := 256 + len(d.Explanation)
	for i := range d.IntroducedBy {
		size += 256 + len(d.IntroducedBy[i].Subject) + len(d.IntroducedBy[i].Patch)
	}
	return size
}

// Introduction is a commit that brought a bug in.
type Introduction struct {
	Commit     stage.Hash           `json:"commit"`
	Confidence stage.LinkConfidence `json:"confidence"` // of the link to it
	Date       string               `json:"date"`
	Subject    string               `json:"subject"`
	// Patch is its patch of the files that the fix touches; "" if it touches none of
	// them, or if the patch is longer than 64 KiB: PatchLeftOut tells that.
	Patch        string `json:"patch"`
	PatchLeftOut bool   `json:"patch_left_out"`
}

const (
	maxIntroduction = 64 << 10
	dropNoFix       = "no fix"

	bugfixInstruction = "There is a bug in this code. Say what is wrong, and fix it."
)

var (
	_ stage.Processor[*stage.Commit, *Example] = (*Bugfix)(nil)
	_ stage.Opener                             = (*Bugfix)(nil)
	_ stage.Configured                         = (*Bugfix)(nil)
)

// Open checks the settings.
func (m *Bugfix) Open(ctx context.Context) error {
	if err := m.Settings.Open(ctx); err != nil {
		return err
	}
	return m.Related.Open(ctx)
}

// Process makes the example of a fix, or drops the commit ("no fix", and the
// reasons of [Standard.Process]). A fix that only adds files has no code before,
// and so no example ("no code before").
func (m *Bugfix) Process(ctx context.Context, c *stage.Commit, emit func(*Example)) error {
	evidence := fixEvidence(c)
	if evidence == "" || c.IsMerge() {
		return stage.Drop(dropNoFix)
	}
	e, err := m.repair(c, "bugfix", bugfixInstruction)
	if err != nil {
		return err
	}
	details := &BugfixDetails{Evidence: evidence, Explanation: e.valid(explanation(c)), IntroducedBy: []Introduction{}, LifetimeDays: -1, LifetimeReleases: -1}
	bugs, err := m.Related.linked(ctx, c, stage.Fixes)
	if err != nil {
		return inCommit(c, err)
	}
	for _, bug := range bugs {
		details.IntroducedBy = append(details.IntroducedBy, introduction(e, c, bug))
		details.LifetimeDays = max(details.LifetimeDays, bug.link.Days)
		details.LifetimeReleases = max(details.LifetimeReleases, bug.link.Releases)
	}
	e.Details = details
	emit(e)
	return nil
}

// dropNoCode is why a change of nothing but new files is no repair.
const dropNoCode = "no code before"

// repair makes an example that asks to put code right: it is answered by what the
// message says and the change in the settings' form.
func (s *Settings) repair(c *stage.Commit, mode, question string) (*Example, error) {
	if err := usable(c); err != nil {
		return nil, err
	}
	e := newExample(c, mode+"/"+c.Hash.String())
	e.setFiles(c.Files)
	e.Instruction = question
	change, err := s.Form.write(c.Files, s.maxLines())
	if err != nil {
		return nil, inCommit(c, err)
	}
	told := subjectAndExplanation(c)
	if told == "" {
		return nil, stage.Drop(dropNoMessage)
	}
	e.Output = e.valid(told + "\n\n" + change)
	if err := s.withCode(e, "", c.Files); err != nil {
		return nil, err
	}
	if e.Input == "" {
		return nil, stage.Drop(dropNoCode)
	}
	return e, nil
}

// introduction describes a commit that brought in the bug that c fixes.
func introduction(e *Example, c *stage.Commit, from linkedCommit) Introduction {
	bug := from.commit
	i := Introduction{Commit: bug.Hash, Confidence: from.link.Confidence, Date: rowDate(bug.Author), Subject: e.valid(bug.Subject)}
	var patch strings.Builder
	for j := range bug.Files {
		f := &bug.Files[j]
		if !touches(c, f.Path()) {
			continue
		}
		if patch.Len()+len(f.Patch) > maxIntroduction {
			i.PatchLeftOut = true
			return i
		}
		writePatch(&patch, f.Patch)
	}
	i.Patch = e.valid(patch.String())
	return i
}

// touches reports whether the commit changes a file that had the path before.
func touches(c *stage.Commit, path string) bool {
	for i := range c.Files {
		if c.Files[i].OldPath == path {
			return true
		}
	}
	return false
}

// fixEvidence tells how a commit is known to fix a bug, or "".
func fixEvidence(c *stage.Commit) string {
	for _, link := range c.Links {
		if link.Kind == stage.Fixes {
			return "fixes-link"
		}
	}
	for _, reference := range c.Unresolved {
		if reference.Kind == stage.Fixes {
			return "fixes-trailer"
		}
	}
	reported := false
	for _, t := range c.Trailers {
		switch {
		case t.Is("Fixes"):
			return "fixes-trailer"
		case t.Is("Cc") && stableAddress.MatchString(t.Value):
			return "stable"
		case t.Is("Closes"), t.Is("Reported-by"), t.Is("Reported-and-tested-by"), t.Is("Addresses-Coverity-ID"):
			reported = true
		}
	}
	switch {
	case strings.HasPrefix(c.Subject, "Revert "):
		return ""
	case reported:
		return "report"
	case fixWords.MatchString(c.Subject) && !trifles.MatchString(c.Subject):
		return "subject"
	}
	return ""
}

var (
	stableAddress = regexp.MustCompile(`(?i)\bstable(\+\w+)?@(vger\.)?kernel\.org`)
	fixWords      = regexp.MustCompile(`(?i)\b(fix|fixes|fixed|fixing|bugfix|hotfix|repair|repairs)\b`)
	// What is fixed is no bug.
	trifles = regexp.MustCompile(`(?i)\b(typos?|spelling|comments?|whitespaces?|white space|indent(ation)?|coding style|checkpatch|kernel-doc|docs?|documentation|warnings?|sparse|style)\b`)
)
