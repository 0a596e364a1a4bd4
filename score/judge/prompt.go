package judge

import (
	"errors"
	"fmt"
	"strings"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// prompter puts commits before a model, within a budget of tokens.
type prompter struct {
	rubric *rubric
	count  TokenCounter
	budget int // tokens of the whole prompt
	lines  int // the longest function shown whole
}

// prompt is what is sent: the same first part for all commits, and the commit.
type prompt struct {
	system, commit string
	tokens         int // by the counter
}

// How the budget is shared out. The message comes first, as it is what the
// criteria are mostly about, and may take half. Of the rest the functions get
// what the patch leaves, but a third if they need it. The list of what was left
// out has room for some lines of its own.
const (
	messageShare    = 2
	codeShare       = 3
	maxLeftOutLines = 12
	maxShownPath    = 120
	leftOutTokens   = 400
	// framing is what servers put around the two parts of a prompt, in tokens.
	framing = 32
)

var errTooSmall = errors.New("the budget of tokens for a prompt is too small for the rubric")

// Why a commit has no prompt.
var (
	errNothingToJudge = errors.New("no patch")
	errNothingFits    = errors.New("no part of the patch fits into the budget of tokens for a prompt")
)

// fixed gives the tokens that every prompt takes.
func (p *prompter) fixed() (int, error) {
	empty, err := p.rubric.show(&promptParts{LeftOut: []string{"x"}})
	if err != nil {
		return 0, err
	}
	return framing + p.count(p.rubric.system) + p.count(empty), nil
}

// check makes sure that the budget holds the rubric and something of a commit.
func (p *prompter) check() error {
	fixed, err := p.fixed()
	if err != nil {
		return fmt.Errorf("rubric: %w", err)
	}
	if least := fixed + 2*leftOutTokens; p.budget < least {
		return fmt.Errorf("%w: it is %d, want at least %d", errTooSmall, p.budget, least)
	}
	return nil
}

// part is a piece of a prompt that is shown whole or not at all.
type part struct {
	text, name string
	tokens     int
}

// write makes the prompt of a commit. Where the budget does not hold all of it,
// whole functions and files are left out, of a file that is too large by itself
// whole hunks, and the end of a message that is too long; the prompt says so.
func (p *prompter) write(c *stage.Commit) (prompt, error) {
	fixed, err := p.fixed()
	if err != nil {
		return prompt{}, err
	}
	left := p.budget - fixed - leftOutTokens
	shown := promptParts{Repo: c.Repo, Hash: c.Hash, Subject: sound(c.Subject)}
	var out leftOut

	shown.Message = p.message(sound(dataset.Question(c)), left/messageShare, &out)
	left -= p.count(shown.Message)

	code, err := p.code(c)
	if err != nil {
		return prompt{}, err
	}
	forCode := 0
	for i := range code {
		forCode += code[i].tokens
	}
	patch, err := p.patch(c, left-min(forCode, left/codeShare), &out)
	if err != nil {
		return prompt{}, err
	}
	for i := range patch {
		left -= patch[i].tokens
	}
	kept := code[:0]
	for _, f := range code {
		if f.tokens > left {
			out.add("the code before in " + f.name)
			continue
		}
		left -= f.tokens
		kept = append(kept, f)
	}
	// A counter need not be additive, so the sum may be a little more.
	for {
		shown.Code, shown.Patch, shown.LeftOut = join(kept), join(patch), out.lines()
		text, err := p.rubric.show(&shown)
		if err != nil {
			return prompt{}, err
		}
		tokens := framing + p.count(p.rubric.system) + p.count(text)
		switch {
		case tokens <= p.budget:
			return prompt{system: p.rubric.system, commit: text, tokens: tokens}, nil
		case len(kept) > 0:
			out.add("the code before in " + kept[len(kept)-1].name)
			kept = kept[:len(kept)-1]
		case len(patch) > 1:
			out.add("the patch of " + patch[len(patch)-1].name)
			patch = patch[:len(patch)-1]
		default:
			return prompt{}, errNothingFits
		}
	}
}

// message cuts the message at the end of a line.
func (p *prompter) message(text string, budget int, out *leftOut) string {
	if p.count(text) <= budget {
		return text
	}
	var kept strings.Builder
	shown, all := 0, 0
	for line := range strings.Lines(text) {
		tokens := p.count(line)
		if shown == all && tokens <= budget {
			kept.WriteString(line)
			budget -= tokens
			shown++
		}
		all++
	}
	out.add(fmt.Sprintf("the message from line %d of %d", shown+1, all))
	return kept.String()
}

// code gives the touched functions, file by file.
func (p *prompter) code(c *stage.Commit) ([]part, error) {
	var parts []part
	for i := range c.Files {
		f := &c.Files[i]
		if f.Binary || f.Missing || f.Truncated {
			continue
		}
		texts, err := dataset.TouchedCode(f, p.lines)
		if errors.Is(err, dataset.ErrNoContents) && c.Blobs == nil {
			continue // a database without the contents: the patch has to do
		}
		if err != nil {
			return nil, err
		}
		name := shortPath(f.OldPath)
		for n, text := range texts {
			if n == 0 {
				text = "--- " + name + "\n" + text
			}
			text = sound(text)
			heading, _, _ := strings.Cut(text[strings.Index(text, "@@"):], "\n")
			parts = append(parts, part{text, name + " " + clip(heading, maxShownPath), p.count(text)})
		}
	}
	return parts, nil
}

// patch gives the files' patches, as many as the budget holds.
func (p *prompter) patch(c *stage.Commit, budget int, out *leftOut) ([]part, error) {
	var parts []part
	text := false
	for i := range c.Files {
		f := &c.Files[i]
		name := shortPath(f.Path())
		switch {
		case f.Missing:
			out.add("the patch of " + name + ": its content is not in the repository")
			continue
		case f.Truncated:
			out.add("the patch of " + name + ": it is too large")
			continue
		case f.Patch == "":
			return nil, fmt.Errorf("%s: %w", f.Path(), dataset.ErrNoPatch)
		}
		text = text || !f.Binary
		file := sound(f.Patch)
		if tokens := p.count(file); tokens <= budget {
			parts = append(parts, part{file, name, tokens})
			budget -= tokens
			continue
		}
		hunks := hunksOf(f)
		var kept strings.Builder
		shown, used := 0, 0
		for n, hunk := range hunks {
			hunk = sound(hunk)
			tokens := p.count(hunk)
			if used+tokens > budget {
				break
			}
			kept.WriteString(hunk)
			used += tokens
			shown = n
		}
		if shown == 0 { // the header alone says too little
			out.add("the patch of " + name)
			continue
		}
		parts = append(parts, part{kept.String(), name, used})
		budget -= used
		out.add(fmt.Sprintf("hunks %d to %d of the patch of %s", shown+1, len(hunks)-1, name))
	}
	switch {
	case !text:
		return nil, errNothingToJudge
	case len(parts) == 0:
		return nil, errNothingFits
	}
	return parts, nil
}

// hunksOf cuts a patch into its header and its hunks.
func hunksOf(f *stage.FileChange) []string {
	at := strings.Index(f.Patch, "\n@@ -") + 1
	if at == 0 {
		return []string{f.Patch}
	}
	parts := []string{f.Patch[:at]}
	rest := f.Patch[at:]
	for i := range f.Hunks {
		begin := strings.Index(rest, f.Hunks[i].Text)
		if begin < 0 {
			break
		}
		end := begin + len(f.Hunks[i].Text)
		parts = append(parts, rest[:end])
		rest = rest[end:]
	}
	return parts
}

// leftOut collects what there was no room for.
type leftOut struct{ list []string }

func (o *leftOut) add(what string) { o.list = append(o.list, what) }

// lines gives a list that is not too long itself.
func (o *leftOut) lines() []string {
	if len(o.list) <= maxLeftOutLines {
		return o.list
	}
	return append(o.list[:maxLeftOutLines-1:maxLeftOutLines-1], fmt.Sprintf("and %d more", len(o.list)-maxLeftOutLines+1))
}

// sound is the text in UTF-8.
func sound(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// shortPath shows the end of a long path.
func shortPath(path string) string {
	if path = sound(path); len(path) > maxShownPath {
		path = "…" + strings.ToValidUTF8(path[len(path)-maxShownPath:], "")
	}
	return path
}

func join(parts []part) string {
	var all strings.Builder
	for i := range parts {
		all.WriteString(parts[i].text)
	}
	return all.String()
}
