package stage

import (
	"fmt"
	"strings"
)

// ParsePatch reads the diffs of a patch text: the output of `git diff`, `git
// show` or `git format-patch`, or of `diff -u`. What stands before, between and
// after them (a mail's text, a diffstat, "Only in" lines) is passed over. Where
// the text holds several commits, use a [PatchReader].
//
// Hunks are read by the counts in their "@@" lines. [FileChange.Patch] is the
// file's exact text. All other fields hold what the text says, so:
//
//   - Ids need `--full-index`: an abbreviated id could be any object's, and stays
//     the zero [Hash].
//   - A rename or copy without edits shows neither ids nor modes, nor whether the
//     file is binary.
//   - A deletion followed by an addition of the same path with another type of
//     file is one change of kind [TypeChanged], with the patches of both. Its
//     counts are theirs; `git log --numstat` compares the contents instead, and
//     may give less.
//   - A `diff -u` without git's headers has no modes and ids. Paths lose their
//     first component if they are equal without it, as `patch -p1` has it. A file
//     whose hunk starts at line 0 of a side did not exist on that side.
//   - License, Before and After stay empty.
//
// A [PatchError] tells where the text is malformed, and an error that wraps
// [ErrCombined] names the files of combined diffs; the slice holds the files up
// to there, or all the others. Memory is a small multiple of the text's.
func ParsePatch(text string) ([]FileChange, error) {
	p := &patchParser{
		patchLines: newPatchLines(strings.NewReader(text), len(text)),
		maxFile:    len(text),
		room:       1 << 62,
	}
	var files []FileChange
	for p.line() != nil {
		if !p.atFile() {
			if err := p.strayHunk(); err != nil {
				return files, err
			}
			p.next()
			continue
		}
		var err error
		if files, err = p.appendFile(files); err != nil {
			return files, err
		}
	}
	if len(p.combined) > 0 {
		return files, fmt.Errorf("patch of %s: %w", strings.Join(p.combined, ", "), ErrCombined)
	}
	return files, nil
}

// appendFile reads the diff of one file, combined or not, that begins at the
// current line.
func (p *patchParser) appendFile(files []FileChange) ([]FileChange, error) {
	if p.atCombined() {
		return files, p.skipCombined()
	}
	f, err := p.file()
	if err != nil {
		return files, err
	}
	if last := len(files) - 1; last >= 0 && isTypeChange(&files[last], &f) {
		files[last] = joinTypeChange(&files[last], &f)
		return files, nil
	}
	return append(files, f), nil
}

// strayHunk refuses a hunk that no file's headers precede.
func (p *patchParser) strayHunk() error {
	if !p.at("@@ -") {
		return nil
	}
	if _, ok := parseHunkHeader(p.text()); !ok {
		return nil
	}
	return p.expected("the file's --- and +++ lines before its first hunk")
}

// isTypeChange reports whether a deletion and an addition are git's way to show a
// change between file, symlink and submodule.
func isTypeChange(deleted, added *FileChange) bool {
	return deleted.Kind == Deleted && added.Kind == Added && deleted.OldPath == added.NewPath &&
		deleted.OldMode.Type() != added.NewMode.Type()
}

func joinTypeChange(deleted, added *FileChange) FileChange {
	joined := *deleted
	joined.Kind = TypeChanged
	joined.NewPath, joined.NewMode, joined.NewID = added.NewPath, added.NewMode, added.NewID
	joined.Binary = deleted.Binary || added.Binary
	if deleted.Truncated || added.Truncated {
		joined.Truncated = true
		joined.Patch, joined.Hunks, joined.Added, joined.Deleted = "", nil, 0, 0
		return joined
	}
	joined.Added += added.Added
	joined.Deleted += added.Deleted
	joined.Patch = deleted.Patch + added.Patch
	joined.Hunks = append(joined.Hunks, added.Hunks...)
	return joined
}
