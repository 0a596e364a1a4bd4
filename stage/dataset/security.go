package dataset

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// Security makes examples of two tasks. "fix" asks to put vulnerable code right: the
// output tells what is wrong and gives the change in the settings' form. "detect"
// asks whether code is vulnerable. It takes commits with the tag "security" for
// both; the code as it was after such a commit is a hard negative for detection, and
// so are functions that a share of the other commits touch: those which fix no bug
// and of which no later commit is known to fix one. [SecurityDetails] tell them apart.
type Security struct {
	Settings
	// OrdinaryShare is the share of the other commits whose code is taken for
	// negatives, by their hashes, from 0 to 1; 0 means 0.02, and a negative number
	// none.
	OrdinaryShare float64
}

// SecurityDetails are the columns of [Security] examples.
type SecurityDetails struct {
	Task string `json:"task"` // "fix" or "detect"
	// Label is "vulnerable", "fixed" (the same code after the fix) or "ordinary".
	Label string `json:"label"`
	// Evidence is what made the commit one about security: "rule: text".
	Evidence []string `json:"evidence"`
	// Strength tells who vouches for the label: "cve", "syzbot", "stable" or
	// "keyword", see [stage.Strength]; "" for ordinary code.
	Strength string `json:"strength"`
	// CVEs are the vulnerabilities that the commit fixes: by the list that the
	// [stage.Classifier] was given, or else by the message.
	CVEs []string `json:"cves"`
	// CVSS is the highest base score of these; 0 where none is known.
	CVSS float32 `json:"cvss"`
}

const (
	securityTag         = "security"
	securityInstruction = "This code is vulnerable. Say how, and fix it."
	detectInstruction   = "Is this code vulnerable? If it is, say how."
	notVulnerable       = "No vulnerability is known in this code."
	dropNoSecurity      = "not about security"

	defaultOrdinaryShare = 0.02
)

var (
	_ stage.Processor[*stage.Commit, *Example] = (*Security)(nil)
	_ stage.Opener                             = (*Security)(nil)
	_ stage.Configured                         = (*Security)(nil)
)

// Open checks the settings.
func (m *Security) Open(ctx context.Context) error {
	if m.OrdinaryShare > 1 {
		return fmt.Errorf("dataset: security: OrdinaryShare is %v: want a share up to 1", m.OrdinaryShare)
	}
	return m.Settings.Open(ctx)
}

// Configuration names what a checkpoint must not change under a run.
func (m *Security) Configuration() map[string]string {
	settings := m.Settings.Configuration()
	settings["ordinary share"] = fmt.Sprint(m.ordinaryShare())
	return settings
}

func (m *Security) ordinaryShare() float64 {
	if m.OrdinaryShare == 0 {
		return defaultOrdinaryShare
	}
	return m.OrdinaryShare
}

// Process makes the examples of a commit, or drops it.
func (m *Security) Process(_ context.Context, c *stage.Commit, emit func(*Example)) error {
	if !c.HasTag(securityTag) {
		return m.ordinary(c, emit)
	}
	if c.IsMerge() {
		return stage.Drop(dropMerge)
	}
	details := securityDetails(c)
	fix, err := m.repair(c, "security", securityInstruction)
	if err != nil {
		return err
	}
	for i := range details.Evidence {
		details.Evidence[i] = fix.valid(details.Evidence[i])
	}
	fix.ID += "/fix"
	fix.Details = details.of("fix", "vulnerable")
	emit(fix)
	before, after := unnamed(c.Files), reversed(c.Files)
	if err := m.detect(c, details.of("detect", "vulnerable"), before, "Yes. "+subjectAndExplanation(c), emit); err != nil {
		return err
	}
	return m.detect(c, details.of("detect", "fixed"), after, notVulnerable, emit)
}

// securityDetails gives what all examples of a commit have in common.
func securityDetails(c *stage.Commit) SecurityDetails {
	d := SecurityDetails{Evidence: evidenceOf(c, securityTag), CVEs: []string{}}
	for i := range c.Tags {
		if c.Tags[i].Name == securityTag {
			d.Strength = c.Tags[i].Strength.String()
		}
	}
	for _, cve := range c.CVEs {
		if cve.Role == stage.CVEFix {
			d.CVEs = append(d.CVEs, cve.ID)
			d.CVSS = max(d.CVSS, cve.Score)
		}
	}
	if len(d.CVEs) == 0 {
		d.CVEs = cves(c.Message)
	}
	return d
}

// of gives the details of one example.
func (d SecurityDetails) of(task, label string) *SecurityDetails {
	d.Task, d.Label = task, label
	d.Evidence, d.CVEs = slices.Clone(d.Evidence), slices.Clone(d.CVEs)
	return &d
}

// ordinary makes the negative of a commit that has nothing to do with security.
func (m *Security) ordinary(c *stage.Commit, emit func(*Example)) error {
	if m.ordinaryShare() < 0 || fixEvidence(c) != "" || hasAnyLink(c, stage.FixedBy, stage.RevertedBy, stage.Reverts) ||
		!sampled(c.Hash, "ordinary", m.ordinaryShare()) {
		return stage.Drop(dropNoSecurity)
	}
	if err := usable(c); err != nil {
		return err
	}
	details := &SecurityDetails{Task: "detect", Label: "ordinary", Evidence: []string{}, CVEs: []string{}}
	emitted := false
	err := m.detect(c, details, reversed(c.Files), notVulnerable, func(e *Example) {
		emitted = true
		emit(e)
	})
	if err == nil && !emitted {
		return stage.Drop(dropNoCode)
	}
	return err
}

// detect emits an example that shows the old side of files, unless there is none or
// it is too long.
func (m *Security) detect(c *stage.Commit, details *SecurityDetails, files []stage.FileChange, answer string, emit func(*Example)) error {
	e := newExample(c, "security/"+c.Hash.String()+"/detect/"+details.Label)
	e.setFiles(c.Files)
	e.Instruction = detectInstruction
	e.Output = e.valid(answer)
	e.Details = details
	err := m.withCode(e, "", files)
	if _, dropped := stage.DropReason(err); dropped {
		return nil // the fix is an example all the same
	}
	if err != nil {
		return err
	}
	if e.Input != "" {
		emit(e)
	}
	return nil
}

// unnamed gives files without their patches' headers, so that the names of both
// sides look alike.
func unnamed(files []stage.FileChange) []stage.FileChange {
	list := slices.Clone(files)
	for i := range list {
		list[i].Patch = ""
	}
	return list
}

// reversed gives the changes that undo those of files.
func reversed(files []stage.FileChange) []stage.FileChange {
	list := unnamed(files)
	for i := range list {
		f := &list[i]
		f.OldPath, f.NewPath = f.NewPath, f.OldPath
		f.OldMode, f.NewMode = f.NewMode, f.OldMode
		f.OldID, f.NewID = f.NewID, f.OldID
		f.Before, f.After = f.After, f.Before
		f.Added, f.Deleted = f.Deleted, f.Added
		f.Hunks = slices.Clone(f.Hunks)
		for j := range f.Hunks {
			h := &f.Hunks[j]
			h.OldStart, h.NewStart = h.NewStart, h.OldStart
			h.OldLines, h.NewLines = h.NewLines, h.OldLines
			h.Text = reversedText(h.Text)
		}
	}
	return list
}

func reversedText(text string) string {
	signs := []byte(text)
	start := true
	for i, b := range signs {
		if start && b == '+' {
			signs[i] = '-'
		} else if start && b == '-' {
			signs[i] = '+'
		}
		start = b == '\n'
	}
	return string(signs)
}

var cveID = regexp.MustCompile(`\bCVE-\d{4}-\d{4,7}\b`)

// cves gives the distinct identifiers in a text, in order.
func cves(text string) []string {
	list := []string{}
	for _, id := range cveID.FindAllString(strings.ToUpper(text), -1) {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}
