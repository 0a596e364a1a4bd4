package dataset

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/commitflow/commitflow/stage"
)

// Review asks for the review of a patch: input is the message, the patch and the
// code before; output is what later commits have shown to be wrong with it. A
// message is no review, and so the answer is made of evidence alone: a later fix or
// revert that names the commit tells in its message what was wrong, and by the lines
// that it changes where. [ReviewDetails] name these commits.
//
// Patches that nothing is known of are a class of their own, "no defect known":
// [ReviewDetails] tell after how many years and releases, and these are at least
// [Review].MinYears and MinReleases. They are the most by far, so only a share
// of them is kept.
//
// Each example looks back from the end of the history: a later end gives other
// answers.
type Review struct {
	Settings
	// Related loads the commits that fix and revert.
	Related *Related
	// Horizon is where the history ends; without it there are no examples of patches
	// without a known defect.
	Horizon stage.Horizon
	// MinYears and MinReleases are how long nothing must have been found; 0 means 3
	// years and 4 releases. Where no releases are known, the years do.
	MinYears    float64
	MinReleases int
	// SoundShare is the share of the patches without a known defect that is kept, by
	// their hashes, from 0 to 1; 0 means 0.05, and a negative number none.
	SoundShare float64
}

// ReviewDetails are the columns of [Review] examples.
type ReviewDetails struct {
	// Verdict is "defect" or "no defect known".
	Verdict  string    `json:"verdict"`
	Findings []Finding `json:"findings"`
	// YearsKnown and ReleasesKnown are how long the commit has been in the history at
	// its end.
	YearsKnown    float32 `json:"years_known"`
	ReleasesKnown int     `json:"releases_known"`
}

// Finding is a later commit that shows something to be wrong.
type Finding struct {
	Kind    stage.LinkKind `json:"kind"` // "fixed-by" or "reverted-by"
	Commit  stage.Hash     `json:"commit"`
	Date    string         `json:"date"`
	Subject string         `json:"subject"`
	// Confidence is that of the link.
	Confidence stage.LinkConfidence `json:"confidence"`
	// Quoted is how many lines of the patch the answer quotes.
	Quoted int `json:"quoted"`
	// Days is how long it took; -1 where the clocks contradict the history.
	Days int `json:"days"`
}

const (
	reviewInstruction = "Review this patch."
	soundAnswer       = "No defect is known."
	dropNoEvidence    = "nothing known of it"
	dropNoReason      = "no reason given"
	dropSound         = "no defect known, not in the sample"

	defaultMinYears    = 3
	defaultMinReleases = 4
	defaultSoundShare  = 0.05
	maxReviewWords     = 200
	maxQuoted          = 12
)

var (
	_ stage.Processor[*stage.Commit, *Example] = (*Review)(nil)
	_ stage.Opener                             = (*Review)(nil)
	_ stage.Configured                         = (*Review)(nil)
)

// Open checks the settings.
func (m *Review) Open(ctx context.Context) error {
	if m.MinYears < 0 || m.MinReleases < 0 || m.SoundShare > 1 {
		return fmt.Errorf("dataset: review: MinYears %v, MinReleases %d, SoundShare %v: want numbers from 0, and a share up to 1", m.MinYears, m.MinReleases, m.SoundShare)
	}
	if err := m.Settings.Open(ctx); err != nil {
		return err
	}
	return m.Related.Open(ctx)
}

// Configuration names what a checkpoint must not change under a run.
func (m *Review) Configuration() map[string]string {
	settings := m.Settings.Configuration()
	settings["min years"] = fmt.Sprint(m.minYears())
	settings["min releases"] = fmt.Sprint(m.minReleases())
	settings["sound share"] = fmt.Sprint(m.soundShare())
	return settings
}

func (m *Review) minYears() float64 {
	if m.MinYears == 0 {
		return defaultMinYears
	}
	return m.MinYears
}

func (m *Review) minReleases() int {
	switch {
	case len(m.Horizon.Releases) == 0:
		return 0
	case m.MinReleases == 0:
		return defaultMinReleases
	}
	return m.MinReleases
}

func (m *Review) soundShare() float64 {
	if m.SoundShare == 0 {
		return defaultSoundShare
	}
	return m.SoundShare
}

// Process makes the example of a patch, or drops the commit: "nothing known of it"
// while it is too young to be sound, "no reason given" where a revert does not tell
// why.
func (m *Review) Process(ctx context.Context, c *stage.Commit, emit func(*Example)) error {
	if err := usable(c); err != nil {
		return err
	}
	if c.Subject == "" {
		return stage.Drop(dropNoMessage)
	}
	later, err := m.Related.linked(ctx, c, stage.FixedBy, stage.RevertedBy)
	if err != nil {
		return inCommit(c, err)
	}
	e := newExample(c, "review/"+c.Hash.String())
	details := &ReviewDetails{Findings: []Finding{}}
	details.YearsKnown, details.ReleasesKnown = m.known(c)
	var answer string
	if len(later) > 0 {
		details.Verdict = "defect"
		answer = findings(e, details, c, later)
		if answer == "" {
			return stage.Drop(dropNoReason)
		}
	} else {
		if err := m.sound(c, details); err != nil {
			return err
		}
		details.Verdict = "no defect known"
		answer = soundAnswer
	}
	e.setFiles(c.Files)
	e.Instruction = reviewInstruction
	e.Output = e.valid(answer)
	patch := subjectAndExplanation(c) + "\n\n" + patchOf(c.Files) + "\nThe code before:\n\n"
	if err := m.withCode(e, e.valid(patch), c.Files); err != nil {
		return err
	}
	e.Details = details
	emit(e)
	return nil
}

const year = 365.25 * 24 * float64(time.Hour/time.Second)

// known gives how long a commit has been in the history.
func (m *Review) known(c *stage.Commit) (years float32, releases int) {
	if m.Horizon.End <= c.Committer.Seconds {
		return 0, 0
	}
	for _, released := range m.Horizon.Releases {
		if released > c.Committer.Seconds && released <= m.Horizon.End {
			releases++
		}
	}
	return float32(int(float64(m.Horizon.End-c.Committer.Seconds)/year*10)) / 10, releases
}

// sound drops a commit without a known defect if it is too young to tell, or not in
// the sample.
func (m *Review) sound(c *stage.Commit, details *ReviewDetails) error {
	if m.soundShare() < 0 || m.Horizon.End == 0 || float64(details.YearsKnown) < m.minYears() || details.ReleasesKnown < m.minReleases() {
		return stage.Drop(dropNoEvidence)
	}
	if hasAnyLink(c, stage.Reverts, stage.FixedBy, stage.RevertedBy) { // the other end is missing
		return stage.Drop(dropNoEvidence)
	}
	if !sampled(c.Hash, "sound", m.soundShare()) {
		return stage.Drop(dropSound)
	}
	return nil
}

func hasAnyLink(c *stage.Commit, kinds ...stage.LinkKind) bool {
	for _, link := range c.Links {
		for _, kind := range kinds {
			if link.Kind == kind {
				return true
			}
		}
	}
	return false
}

// sampled tells whether a commit is in a share of all, chosen by its hash: a sample
// does not depend on what else there is. Samples of different names are
// independent.
func sampled(hash stage.Hash, name string, share float64) bool {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name))
	_, _ = sum.Write(hash[:])
	// FNV's low bits are the better mixed ones.
	return float64(sum.Sum64()<<11>>11)/(1<<53) < share
}

// findings writes what later commits have shown, the oldest first, and notes them.
func findings(e *Example, details *ReviewDetails, c *stage.Commit, later []linkedCommit) string {
	var answer strings.Builder
	for _, l := range later {
		reason := reasonOf(l)
		if reason == "" {
			continue
		}
		var quoted quotation
		if l.link.Kind == stage.FixedBy || l.link.Partial {
			quoted = quote(c, l.commit)
		}
		if answer.Len() > 0 {
			answer.WriteString("\n\n")
		}
		answer.WriteString(quoted.text)
		answer.WriteString(reason)
		e.seconds = max(e.seconds, l.commit.Committer.Seconds)
		details.Findings = append(details.Findings, Finding{
			Kind: l.link.Kind, Commit: l.commit.Hash, Date: rowDate(l.commit.Author), Subject: e.valid(l.commit.Subject),
			Confidence: l.link.Confidence, Quoted: quoted.lines, Days: days(c, l.commit),
		})
	}
	return answer.String()
}

// reasonOf gives what a later commit says was wrong. A fix says it in its subject
// already; a revert's subject says nothing.
func reasonOf(l linkedCommit) string {
	text := firstParagraphs(explanation(l.commit), maxReviewWords)
	if l.link.Kind == stage.RevertedBy {
		if text != "" {
			text = "This had to be reverted:\n\n" + text
		}
		return text
	}
	if text == "" {
		return l.commit.Subject
	}
	return l.commit.Subject + "\n\n" + text
}

// quotation is lines of a patch as mail quotes them.
type quotation struct {
	text  string
	lines int
}

// quote gives the lines that one commit adds and a later one takes away again, file
// by file; of many the first.
func quote(c, later *stage.Commit) quotation {
	var out strings.Builder
	q := quotation{}
	for i := range c.Files {
		f := &c.Files[i]
		removed := map[string]bool{}
		for j := range later.Files {
			if later.Files[j].OldPath == f.NewPath {
				for k := range later.Files[j].Hunks {
					for line := range strings.Lines(string(appendChanged(nil, later.Files[j].Hunks[k].Text, "-"))) {
						removed[line[1:]] = true
					}
				}
			}
		}
		if len(removed) == 0 || f.NewPath == "" {
			continue
		}
		named := false
		for k := range f.Hunks {
			for line := range strings.Lines(f.Hunks[k].Text) {
				if q.lines == maxQuoted || line[0] != '+' || !removed[line[1:]] || !hasLetter(line) {
					continue
				}
				if !named {
					out.WriteString("> " + f.NewPath + "\n")
					named = true
				}
				out.WriteString("> " + line)
				q.lines++
			}
		}
	}
	if q.lines > 0 {
		out.WriteByte('\n')
	}
	q.text = out.String()
	return q
}

// hasLetter tells lines of code from braces and empty ones.
func hasLetter(line string) bool {
	return strings.ContainsFunc(line, func(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' })
}
