package stage

import (
	"bytes"
	"strconv"
	"strings"
)

// fileBytes is about what a [FileChange] costs beside its texts.
const fileBytes = 320

// patchParser reads the diff part of a patch text.
type patchParser struct {
	*patchLines
	maxFile int
	// room is what may still be kept of the commit at hand, in bytes.
	room int
	// combined are the paths of the combined diffs that were read over.
	combined []string
}

// fileParse is a file's change while it is being read.
type fileParse struct {
	FileChange
	spans []hunkSpan
	room  int // what the parser had left when the file began
	// Lines of their own have named the sides, as for renames and copies.
	oldNamed, newNamed bool
	// The "--- " and "+++ " lines are all that names the file.
	plain bool
}

// text gives the current line without its end. Only header lines are read with
// it, and in those a carriage return is never git's own: it would be quoted.
func (p *patchParser) text() string {
	line := p.line()
	line = bytes.TrimSuffix(line, []byte("\n"))
	return string(bytes.TrimSuffix(line, []byte("\r")))
}

func (p *patchParser) at(prefix string) bool {
	line := p.line()
	return len(line) >= len(prefix) && string(line[:len(prefix)]) == prefix
}

// atFile reports whether the diff of a file begins at the current line.
func (p *patchParser) atFile() bool {
	line := p.line()
	if len(line) < 5 || line[0] != 'd' && line[0] != '-' {
		return false
	}
	switch {
	case p.at("diff --git "):
		return p.gitHeaderFollows()
	case p.atCombined():
		return true
	case p.at("--- "):
		return bytes.HasPrefix(p.peek(1), []byte("+++ ")) && bytes.HasPrefix(p.peek(2), []byte("@@ -"))
	}
	return false
}

// gitHeaderFollows tells a file's "diff --git" line from prose that happens to
// begin that way.
func (p *patchParser) gitHeaderFollows() bool {
	if _, _, ok := splitNames(strings.TrimPrefix(p.text(), "diff --git ")); ok {
		return true
	}
	next := p.peek(1)
	for _, header := range gitHeaders {
		if bytes.HasPrefix(next, []byte(header.prefix)) {
			return true
		}
	}
	return false
}

// file reads the diff of one file, which begins at the current line.
func (p *patchParser) file() (FileChange, error) {
	f := fileParse{FileChange: FileChange{Kind: Modified}, room: p.room}
	p.limit = max(0, min(p.maxFile, p.room))
	p.begin()
	if p.at("diff --git ") {
		if err := p.gitHeader(&f); err != nil {
			return FileChange{}, err
		}
	} else {
		f.plain = true
	}
	if err := p.fileContent(&f); err != nil {
		return FileChange{}, err
	}
	if f.Path() == "" {
		return FileChange{}, p.expected("the names of the file that ends here")
	}
	p.finish(&f)
	return f.FileChange, nil
}

// fileContent reads what follows the headers: "--- ", "+++ " and hunks, or what
// stands for a binary file; or nothing, where only names or modes change.
func (p *patchParser) fileContent(f *fileParse) error {
	switch {
	case p.at("Binary files "):
		f.Binary = true
		p.next()
		return nil
	case p.at("GIT binary patch"):
		f.Binary = true
		p.next()
		return p.binaryPatch()
	case p.at("--- ") && bytes.HasPrefix(p.peek(1), []byte("+++ ")):
		if err := p.fileLines(f); err != nil {
			return err
		}
		if !p.at("@@ -") {
			return p.expected("a hunk header: @@ -start,lines +start,lines @@")
		}
		return p.hunks(f)
	}
	return nil
}

// fileLines reads the "--- " and "+++ " lines. In a patch with git's headers
// they add nothing but a check.
func (p *patchParser) fileLines(f *fileParse) error {
	first, firstAbsent, ok := fileLineName(p.text()[len("--- "):])
	if !ok {
		return p.expected("a file name after ---")
	}
	p.next()
	second, secondAbsent, ok := fileLineName(p.text()[len("+++ "):])
	if !ok || firstAbsent && secondAbsent {
		return p.expected("a file name after +++")
	}
	p.next()
	if !f.plain {
		return nil
	}
	header, _ := parseHunkHeader(p.text())
	firstAbsent = firstAbsent || header.oldStart == 0 && header.oldLines == 0
	secondAbsent = secondAbsent || header.newStart == 0 && header.newLines == 0
	f.OldPath, f.NewPath = plainNames(first, second, firstAbsent, secondAbsent)
	switch {
	case f.OldPath == "":
		f.Kind = Added
	case f.NewPath == "":
		f.Kind = Deleted
	}
	return nil
}

// finish gives the change its texts.
func (p *patchParser) finish(f *fileParse) {
	patch, complete := p.end()
	if !complete {
		p.room = f.room - fileBytes
		f.Truncated = true
		f.Hunks, f.Added, f.Deleted = nil, 0, 0
		return
	}
	p.room -= fileBytes + len(patch)
	f.Patch = patch
	for i, span := range f.spans {
		f.Hunks[i].Text = patch[span.start:span.end]
	}
}

// gitHeader reads "diff --git" and the extended headers under it, as git-diff(1)
// lists them under "Generating patch text with -p".
func (p *patchParser) gitHeader(f *fileParse) error {
	f.OldPath, f.NewPath, _ = splitNames(strings.TrimPrefix(p.text(), "diff --git "))
	p.next()
	for {
		found, err := p.extendedHeader(f)
		if err != nil {
			return err
		}
		if !found {
			break
		}
		p.next()
	}
	switch f.Kind {
	case Added:
		f.OldPath = ""
	case Deleted:
		f.NewPath = ""
	case Renamed, Copied:
		if !f.oldNamed || !f.newNamed {
			return p.expected("both names of a renamed or copied file")
		}
	}
	if f.OldPath == "" && f.NewPath == "" {
		// Names that differ beyond their prefixes, and no header that tells
		// them: only the lines of the contents are left to ask.
		f.plain = true
	}
	return nil
}

// gitHeaders are the extended headers, each with what it says of the file. They
// report whether the value makes sense.
var gitHeaders = []struct {
	prefix string
	read   func(f *fileParse, value string) bool
}{
	{"index ", (*fileParse).readIndex},
	{"old mode ", func(f *fileParse, v string) bool { return readMode(v, &f.OldMode) }},
	{"new mode ", func(f *fileParse, v string) bool { return readMode(v, &f.NewMode) }},
	{"new file mode ", func(f *fileParse, v string) bool {
		f.Kind = Added
		return readMode(v, &f.NewMode)
	}},
	{"deleted file mode ", func(f *fileParse, v string) bool {
		f.Kind = Deleted
		return readMode(v, &f.OldMode)
	}},
	{"similarity index ", func(f *fileParse, v string) bool { return readPercent(v, &f.Similarity) }},
	{"dissimilarity index ", func(f *fileParse, v string) bool { return readPercent(v, new(int)) }},
	{"rename from ", func(f *fileParse, v string) bool { return f.readOld(v, Renamed) }},
	{"rename to ", func(f *fileParse, v string) bool { return f.readNew(v, Renamed) }},
	{"copy from ", func(f *fileParse, v string) bool { return f.readOld(v, Copied) }},
	{"copy to ", func(f *fileParse, v string) bool { return f.readNew(v, Copied) }},
}

// extendedHeader takes in the current line if it is a header.
func (p *patchParser) extendedHeader(f *fileParse) (found bool, err error) {
	for _, header := range gitHeaders {
		if !p.at(header.prefix) {
			continue
		}
		value := p.text()[len(header.prefix):]
		if len(value) > maxNames || !header.read(f, value) {
			return true, p.expected("a value that fits %q", header.prefix)
		}
		return true, nil
	}
	return false, nil
}

func (f *fileParse) readOld(value string, kind ChangeKind) (ok bool) {
	f.Kind = kind
	f.OldPath, ok = wholeName(value)
	f.oldNamed = ok
	return ok
}

func (f *fileParse) readNew(value string, kind ChangeKind) (ok bool) {
	f.Kind = kind
	f.NewPath, ok = wholeName(value)
	f.newNamed = ok
	return ok
}

// readIndex reads "<old id>..<new id>", and after it the mode if both sides have
// the same. An abbreviated id names no object for sure, so it is left out.
func (f *fileParse) readIndex(value string) bool {
	ids, mode, hasMode := strings.Cut(value, " ")
	oldID, newID, ok := strings.Cut(ids, "..")
	if !ok || !isHex(oldID) || !isHex(newID) {
		return false
	}
	f.OldID, f.NewID = fullHash(oldID), fullHash(newID)
	if !hasMode {
		return true
	}
	if !readMode(mode, &f.OldMode) {
		return false
	}
	f.NewMode = f.OldMode
	return true
}

// fullHash gives the id if all of its digits are there, else the zero Hash.
func fullHash(hex string) Hash {
	id, err := ParseHash(hex)
	if err != nil {
		return Hash{}
	}
	return id
}

func isHex(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (s[i] < '0' || s[i] > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}

func readMode(value string, mode *FileMode) bool {
	n, err := strconv.ParseUint(value, 8, 32)
	*mode = FileMode(n)
	return err == nil
}

func readPercent(value string, percent *int) bool {
	n, err := strconv.ParseUint(strings.TrimSuffix(value, "%"), 10, 8)
	*percent = int(n)
	return err == nil && n <= 100
}
