package synthetic

import (
	"crypto/sha1"
	"fmt"
	"slices"
)

// fileMode is a tree entry's mode, as fast-import takes it.
type fileMode uint32

const (
	regular    fileMode = 0o100644
	executable fileMode = 0o100755
	symlink    fileMode = 0o120000
	submodule  fileMode = 0o160000
)

// file is one version of a file. But for blob it never changes, so that
// commits, branches and what a revert goes back to can share it.
type file struct {
	dir  int32 // index of its directory
	base string
	mode fileMode
	// lines are the contents of a regular file, target that of a symlink or
	// the commit of a submodule.
	lines  []line
	target string

	latin1   bool // the credits are in Latin-1
	crlf     bool
	noEndEOL bool // the last line has no end

	// blob is the id of the blob once the importer's process of that number has
	// written it, so that merges need not write it again.
	blob   [sha1.Size]byte
	writer int
}

// appendContent appends what the blob holds.
func (f *file) appendContent(dst []byte) []byte {
	if f.mode == symlink {
		return append(dst, f.target...)
	}
	for i, l := range f.lines {
		dst = l.appendText(dst, f.latin1)
		switch {
		case l.kind() == chunk || f.noEndEOL && i == len(f.lines)-1:
		case f.crlf:
			dst = append(dst, '\r', '\n')
		default:
			dst = append(dst, '\n')
		}
	}
	return dst
}

// blobID gives the id that git has for a blob.
func blobID(content []byte) (id [sha1.Size]byte) {
	sum := sha1.New()
	fmt.Fprintf(sum, "blob %d\x00", len(content))
	sum.Write(content)
	sum.Sum(id[:0])
	return id
}

// with gives a changed copy.
func (f *file) with(change func(*file)) *file {
	g := *f
	g.writer = 0
	change(&g)
	return &g
}

// isText tells whether the file can be edited by lines.
func (f *file) isText() bool {
	return f.mode&^0o111 == regular&^0o111 && len(f.lines) > 0
}

const (
	// The mean is two and a half times the median, and the largest of 10,000 files has
	// some 150 times it. With edits, huge files and the short ones of every directory, a
	// history of 1.4 million commits begins with 395 lines a file; after 100,000, 648,000, a
	// million and all commits there are 409, 431, 434 and 436. The kernel begins with 388, and
	// 2.6.27, 4.10-rc1 and 5.8, at about these places, have 399, 399 and 410, by the numbers
	// of files and of lines that heise online, Phoronix and the Linux Foundation give for them.
	medianLines = 165
	linesSpread = 2000
	minLines    = 6
)

// composeFor writes a new file of the kind that its name tells.
func composeFor(r *random, base string, lines int) []line {
	switch {
	case base == "Makefile":
		return composeMakefile(r, lines)
	case base == "Kconfig":
		return composeKconfig(r, lines)
	case base == "MAINTAINERS":
		return composeMaintainers(r, lines)
	case hasSuffix(base, ".rst"), hasSuffix(base, ".txt"), base == "README":
		return composeDocument(r, lines)
	case hasSuffix(base, ".sh"):
		return composeRun(r, command, lines)
	case hasSuffix(base, ".bin"):
		return composeRun(r, chunk, lines)
	case hasSuffix(base, ".h"):
		return composeHeader(r, lines)
	default:
		return composeSource(r, lines)
	}
}

func hasSuffix(s, suffix string) bool {
	return len(s) >= len(suffix) && s[len(s)-len(suffix):] == suffix
}

func composeRun(r *random, kind lineKind, n int) []line {
	lines := make([]line, max(n, 1))
	for i := range lines {
		lines[i] = newLine(r, kind)
	}
	return lines
}

func compose(r *random, kinds ...lineKind) []line {
	lines := make([]line, len(kinds))
	for i, kind := range kinds {
		lines[i] = newLine(r, kind)
	}
	return lines
}

func composeSource(r *random, n int) []line {
	lines := compose(r, license, credit, blank)
	lines = append(lines, composeRun(r, include, 1+r.below(6))...)
	lines = append(lines, newLine(r, blank))
	for len(lines) < n {
		lines = append(lines, composeFunction(r)...)
	}
	return lines
}

func composeFunction(r *random) []line {
	lines := compose(r, blank)
	if r.chance(400) {
		lines = append(lines, newLine(r, comment))
	}
	lines = append(lines, compose(r, function, open, declaration, blank)...)
	for range 2 + r.below(6) {
		lines = append(lines, composeRun(r, statement, 1+r.below(3))...)
		if r.chance(500) {
			lines = append(lines, composeIf(r)...)
		}
	}
	if r.chance(300) {
		lines = append(lines, compose(r, giveBack, blank, label, statement)...)
	}
	return append(lines, compose(r, giveBack, closing)...)
}

func composeIf(r *random) []line {
	lines := compose(r, ifOpen)
	lines = append(lines, composeRun(r, nested, 1+r.below(3))...)
	return append(lines, newLine(r, ifClose))
}

func composeHeader(r *random, n int) []line {
	lines := compose(r, license, credit, blank)
	for len(lines) < n {
		lines = append(lines, composeRun(r, define, 1+r.below(12))...)
		lines = append(lines, compose(r, blank, structOpen)...)
		lines = append(lines, composeRun(r, field, 2+r.below(10))...)
		lines = append(lines, compose(r, structClose, blank)...)
	}
	return lines
}

func composeMakefile(r *random, n int) []line { return composeRun(r, object, min(n, 60)) }

func composeKconfig(r *random, n int) []line {
	var lines []line
	for len(lines) < min(n, 200) {
		lines = append(lines, compose(r, config, configType, help)...)
		lines = append(lines, composeRun(r, helpText, 1+r.below(4))...)
		lines = append(lines, newLine(r, blank))
	}
	return lines
}

func composeMaintainers(r *random, n int) []line {
	var lines []line
	for len(lines) < n {
		lines = append(lines, newLine(r, section))
		lines = append(lines, composeRun(r, mail, 1+r.below(3))...)
		lines = append(lines, composeRun(r, pattern, 1+r.below(4))...)
		lines = append(lines, newLine(r, blank))
	}
	return lines
}

func composeDocument(r *random, n int) []line {
	lines := compose(r, heading, underline, blank)
	for len(lines) < n {
		lines = append(lines, composeRun(r, prose, 2+r.below(8))...)
		lines = append(lines, newLine(r, blank))
	}
	return lines
}

// edit changes a text in a few places: mostly single lines, now and then a
// whole function. A text over the limit rather shrinks.
func edit(r *random, lines []line, maxLines int) []line {
	lines = slices.Clone(lines)
	for range r.geometric(450) {
		lines = editOnce(r, lines, len(lines) >= maxLines)
	}
	return lines
}

func editOnce(r *random, lines []line, shrink bool) []line {
	if r.chance(60) {
		if begin, end, ok := findFunction(r, lines); ok && (shrink || r.chance(500)) {
			return slices.Delete(lines, begin, end)
		} else if ok {
			return slices.Insert(lines, end, composeFunction(r)...)
		}
	}
	at := findEditable(r, lines)
	kind := lines[at].kind()
	switch n := r.below(100); {
	case shrink || n < 24:
		end := at + 1
		for end < len(lines) && end-at < 3 && lines[end].editable() && r.chance(500) {
			end++
		}
		if len(lines)-(end-at) < 2 {
			break
		}
		return slices.Delete(lines, at, end)
	case n < 45:
		return slices.Insert(lines, at+1, composeRun(r, kind, r.geometric(500))...)
	case n < 52 && kind == statement:
		return slices.Insert(lines, at+1, composeIf(r)...)
	}
	for end := at + r.geometric(300); at < end && at < len(lines) && lines[at].editable(); at++ {
		lines[at] = newLine(r, lines[at].kind())
	}
	return lines
}

// findEditable gives a place to edit; a text without one is edited at a random
// line.
func findEditable(r *random, lines []line) int {
	start := r.below(len(lines))
	for i := range len(lines) {
		if at := (start + i) % len(lines); lines[at].editable() {
			return at
		}
	}
	return start
}

// findFunction gives the lines of a function, if the text has at least two.
func findFunction(r *random, lines []line) (begin, end int, ok bool) {
	at := r.below(len(lines))
	for begin = at; begin < len(lines) && lines[begin].kind() != function; begin++ {
	}
	for end = begin; end < len(lines) && lines[end].kind() != closing; end++ {
	}
	if end >= len(lines) || end+1 == len(lines) && begin < 12 {
		return 0, 0, false
	}
	return begin, end + 1, true
}
