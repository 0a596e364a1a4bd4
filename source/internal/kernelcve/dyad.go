package kernelcve

import (
	"fmt"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// Dyad is a pair of versions: a vulnerability came with the one and went with
// the other, on one branch.
type Dyad struct {
	// Introduced is the version that brought the vulnerability, such as "5.10",
	// and "0" where it is unknown; the commit is zero then.
	Introduced       string
	IntroducedCommit stage.Hash
	// Fixed is the version that mended it, and "0" where none has; the commit is
	// zero then.
	Fixed       string
	FixedCommit stage.Hash
}

// GitRoot is the first commit of the kernel's history in git, 2.6.12-rc2. As
// the introducing commit it means: before git.
var GitRoot = stage.Hash{
	0x1d, 0xa1, 0x77, 0xe4, 0xc3, 0xf4, 0x15, 0x24, 0xe8, 0x86,
	0xb7, 0xf1, 0xb8, 0xa0, 0xc1, 0xfc, 0x73, 0x21, 0xca, 0xc2,
}

// String gives the dyad as its line has it, without the newline.
func (d Dyad) String() string {
	return d.Introduced + ":" + dyadHash(d.IntroducedCommit) + ":" + d.Fixed + ":" + dyadHash(d.FixedCommit)
}

func dyadHash(h stage.Hash) string {
	if h.IsZero() {
		return "0"
	}
	return h.String()
}

// DyadLine is a line of a .dyad file: a remark, which begins with "#", an empty
// line, or a dyad.
type DyadLine struct {
	Remark string
	Dyad
}

// IsDyad tells dyads from remarks and empty lines.
func (l DyadLine) IsDyad() bool { return l.Dyad != Dyad{} }

// Dyads are the lines of a .dyad file.
type Dyads []DyadLine

// ParseDyads reads a .dyad file. The error names the line.
func ParseDyads(text string) (Dyads, error) {
	var dyads Dyads
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
			dyads = append(dyads, DyadLine{Remark: line})
			continue
		}
		d, err := parseDyad(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		dyads = append(dyads, DyadLine{Dyad: d})
	}
	return dyads, nil
}

func parseDyad(line string) (d Dyad, err error) {
	fields := strings.Split(line, ":")
	if len(fields) != 4 {
		return d, fmt.Errorf("dyad %.120q: want 4 fields, version:commit:version:commit", line)
	}
	d.Introduced, d.Fixed = fields[0], fields[2]
	if d.Introduced == "" || d.Fixed == "" {
		return d, fmt.Errorf("dyad %.120q: a version is empty, where 0 stands for none", line)
	}
	if d.IntroducedCommit, err = parseDyadHash(fields[1]); err == nil {
		d.FixedCommit, err = parseDyadHash(fields[3])
	}
	if err != nil {
		return Dyad{}, fmt.Errorf("dyad: %w", err)
	}
	return d, nil
}

func parseDyadHash(text string) (stage.Hash, error) {
	if text == "0" {
		return stage.Hash{}, nil
	}
	h, err := stage.ParseHash(text)
	if err == nil && (h.IsZero() || text != h.String()) {
		err = fmt.Errorf("commit %q: want 40 digits in lower case, or 0 for none", text)
	}
	return h, err
}

// String gives the file, each line with its newline.
func (d Dyads) String() string {
	var b strings.Builder
	for _, line := range d {
		if line.IsDyad() {
			b.WriteString(line.Dyad.String())
		} else {
			b.WriteString(line.Remark)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
