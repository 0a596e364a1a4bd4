package stage

import (
	"bytes"
	"strings"
)

// Combined diffs are what git shows of a merge: see "Combined diff format" in
// git-diff(1). Each line has a column for every parent, and an "@@@" line a range
// for every parent and one for the result.

const maxParents = 1 << 10

func (p *patchParser) atCombined() bool {
	return p.at("diff --cc ") || p.at("diff --combined ")
}

// skipCombined reads over the combined diff of a file and notes its path.
func (p *patchParser) skipCombined() error {
	_, name, _ := strings.Cut(p.text()[len("diff "):], " ")
	path, ok := wholeName(name)
	if !ok || len(name) > maxNames {
		return p.expected("a file name after diff --cc")
	}
	p.combined = append(p.combined, path)
	p.room -= fileBytes + len(path)
	p.next()
	for p.atCombinedHeader() {
		p.next()
	}
	for {
		parents, lines, ok := parseCombinedHeader(p.text())
		if !ok {
			return nil
		}
		p.next()
		if err := p.combinedLines(parents, lines); err != nil {
			return err
		}
	}
}

func (p *patchParser) atCombinedHeader() bool {
	for _, prefix := range []string{
		"index ", "mode ", "new file mode ", "deleted file mode ", "similarity index ",
		"rename from ", "rename to ", "copy from ", "copy to ", "--- ", "+++ ", "Binary files ",
	} {
		if p.at(prefix) {
			return true
		}
	}
	return false
}

// parseCombinedHeader reads "@@@ -1,2 -3,4 +5,6 @@@" and gives the number of
// lines of each parent and of the result.
func parseCombinedHeader(line string) (parents []int, result int, ok bool) {
	rest := strings.TrimLeft(line, "@")
	marks := len(line) - len(rest)
	if marks < 3 || marks > maxParents {
		return nil, 0, false
	}
	var lines int
	for range marks - 1 {
		if !strings.HasPrefix(rest, " -") {
			return nil, 0, false
		}
		if _, lines, rest, ok = parseRange(rest[2:]); !ok {
			return nil, 0, false
		}
		parents = append(parents, lines)
	}
	if !strings.HasPrefix(rest, " +") {
		return nil, 0, false
	}
	_, result, rest, ok = parseRange(rest[2:])
	return parents, result, ok && strings.HasPrefix(rest, " "+line[:marks])
}

// combinedLines reads the lines of a hunk by its counts. A line with a "-" is in
// the parents that have it in their column; any other is in the result, and in
// the parents without a "+".
func (p *patchParser) combinedLines(parents []int, result int) error {
	left := result
	for _, n := range parents {
		left += n
	}
	for left > 0 {
		line := p.line()
		if hunkLineKind(line) == '\\' {
			p.next()
			continue
		}
		if len(line) < len(parents) {
			return p.expected("a line of the combined hunk")
		}
		columns := line[:len(parents)]
		mark := byte(' ')
		if bytes.IndexByte(columns, '-') >= 0 {
			mark = '-'
		} else {
			result--
			left--
		}
		for i, c := range columns {
			if c == mark {
				parents[i]--
				left--
			}
			if parents[i] < 0 || result < 0 || c != ' ' && c != '-' && c != '+' {
				return p.expected("a line of the combined hunk")
			}
		}
		p.next()
	}
	return nil
}
