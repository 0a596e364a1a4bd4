package stage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// A change is a pair of contents under a path, with the modes that git
// fast-import knows. An empty mode means that the file is not there.
type change struct {
	name             string
	oldMode, newMode string
	before, after    string
	// newPath is set where the file is renamed or copied.
	newPath string
	copied  bool
}

const submodule = "0123456789012345678901234567890123456789"

// TestDiffParserMatchesGit holds the kinds of change that git's text tells
// apart.
func TestDiffParserMatchesGit(t *testing.T) {
	o := everyKindOfChange(t)
	o.compareHistory("main")
	o.copies = true
	o.compareHistory("main")
}

// everyKindOfChange gives a repository with each kind in a commit of its own.
func everyKindOfChange(t testing.TB) oracle {
	const file, executable, link, module = "100644", "100755", "120000", "160000"
	twenty := ""
	for i := range 20 {
		twenty += fmt.Sprintf("\tline %d\n", i)
	}
	function := "int function(void)\n{\n" + twenty + "}\n"
	edited := strings.Replace(function, "line 17\n", "changed line\n", 1)
	bytes8000 := strings.Repeat("1234567\n", 1000)

	changes := []change{
		{name: "added", newMode: file, after: "a\nb\n"},
		{name: "added empty", newMode: file},
		{name: "added executable", newMode: executable, after: "#!/bin/sh\n"},
		{name: "added without newline", newMode: file, after: "a\nb"},
		{name: "deleted", oldMode: file, before: "a\nb\n"},
		{name: "deleted empty", oldMode: file},
		{name: "deleted without newline", oldMode: file, before: "a"},
		{name: "emptied", oldMode: file, newMode: file, before: "a\n"},
		{name: "filled", oldMode: file, newMode: file, after: "a\nb\n"},
		{name: "one line", oldMode: file, newMode: file, before: "a\n", after: "b\n"},
		{name: "mode", oldMode: file, newMode: executable, before: "a\n", after: "a\n"},
		{name: "mode of an empty file", oldMode: executable, newMode: file},
		{name: "mode and content", oldMode: executable, newMode: file, before: "a\n", after: "b\n"},

		{name: "newline added", oldMode: file, newMode: file, before: "a\nb", after: "a\nb\n"},
		{name: "newline removed", oldMode: file, newMode: file, before: "a\nb\n", after: "a\nb"},
		{name: "no newline in context", oldMode: file, newMode: file, before: "a\nb\nc", after: "x\nb\nc"},
		{name: "no newline far from the change", oldMode: file, newMode: file, before: "a\n" + twenty + "end", after: "b\n" + twenty + "end"},
		{name: "no newline on both sides", oldMode: file, newMode: file, before: "a\nb", after: "a\nc"},
		{name: "line longer by its end", oldMode: file, newMode: file, before: "a\nb", after: "a\nbc\n"},
		{name: "appended to a line without newline", oldMode: file, newMode: file, before: "a", after: "a\nb"},
		{name: "only newlines", oldMode: file, newMode: file, before: "\n\n\n", after: "\n\n\n\n\n"},
		{name: "carriage returns", oldMode: file, newMode: file, before: "a\nb\nc\n", after: "a\r\nb\r\nc\r\n"},

		{name: "function heading", oldMode: file, newMode: file, before: function, after: edited},
		{name: "heading remembered", oldMode: file, newMode: file, before: function + twenty + twenty,
			after: strings.ReplaceAll(function+twenty+twenty, "line 10\n", "changed line\n")},
		{name: "heading without a letter", oldMode: file, newMode: file, before: "{\n" + twenty, after: "{\n" + twenty + "}\n"},
		{name: "heading with odd first letters", oldMode: file, newMode: file, before: "$a\n_b\n9c\nÄd\n-e\n" + twenty, after: "$a\n_b\n9c\nÄd\n-e\n" + twenty + "}\n"},
		{name: "heading of eighty bytes", oldMode: file, newMode: file,
			before: strings.Repeat("x", 79) + "é\n" + twenty, after: strings.Repeat("x", 79) + "é\n" + twenty + "}\n"},
		{name: "heading trimmed", oldMode: file, newMode: file,
			before: "x" + strings.Repeat(" ", 100) + "y\n" + twenty, after: "x" + strings.Repeat(" ", 100) + "y\n" + twenty + "}\n"},
		{name: "heading not UTF-8", oldMode: file, newMode: file,
			before: "name \xff rest\n" + twenty, after: "name \xff rest\n" + twenty + "}\n"},
		{name: "heading with a carriage return", oldMode: file, newMode: file,
			before: "name() \r\n" + twenty, after: "name() \r\n" + twenty + "}\n"},
		{name: "hunks that touch", oldMode: file, newMode: file, before: twenty,
			after: strings.NewReplacer("line 5\n", "x\n", "line 12\n", "y\n").Replace(twenty)},
		{name: "hunks that nearly touch", oldMode: file, newMode: file, before: twenty,
			after: strings.NewReplacer("line 5\n", "x\n", "line 13\n", "y\n").Replace(twenty)},
		{name: "lines that look like headers", oldMode: file, newMode: file, before: "-- a\n--- b\n", after: "++ a\n+++ b\n@@ -1 +1 @@\n"},
		{name: "very long line", oldMode: file, newMode: file, before: strings.Repeat("x", 1<<20) + "\n", after: strings.Repeat("x", 1<<20) + "y\n"},

		{name: "binary added", newMode: file, after: "a\x00b"},
		{name: "binary deleted", oldMode: file, before: "a\x00b"},
		{name: "binary changed", oldMode: file, newMode: file, before: "a\x00b", after: "a\x00c"},
		{name: "binary becomes text", oldMode: file, newMode: file, before: "a\x00b", after: "text\n"},
		{name: "binary mode and content", oldMode: file, newMode: executable, before: "a\x00b", after: "a\x00c"},
		{name: "NUL at 7999", oldMode: file, newMode: file, before: bytes8000[:7999] + "\x00\n", after: bytes8000[:7999] + "\x00more\n"},
		{name: "NUL at 8000", oldMode: file, newMode: file, before: bytes8000 + "\x00\n", after: bytes8000 + "\x00more\n"},

		{name: "renamed", oldMode: file, newMode: file, before: function, after: function, newPath: "elsewhere/renamed to"},
		{name: "renamed and edited", oldMode: file, newMode: file, before: function, after: edited, newPath: "renamed and edited to"},
		{name: "renamed, edited and executable", oldMode: file, newMode: executable, before: function, after: edited, newPath: "executable now"},
		{name: "renamed and executable", oldMode: file, newMode: executable, before: function, after: function, newPath: "just executable now"},
		{name: "renamed link", oldMode: link, newMode: link, before: "target", after: "target", newPath: "link"},
		{name: "renamed binary", oldMode: file, newMode: file, before: "\x00" + function, after: "\x00" + edited, newPath: "binary to"},
		{name: "renamed equal binary", oldMode: file, newMode: file, before: "\x00" + function, after: "\x00" + function, newPath: "equal binary to"},
		{name: "renamed\todd", oldMode: file, newMode: file, before: function, after: edited, newPath: "to \"odd\""},
		{name: "copied", oldMode: file, newMode: file, before: function, after: function, newPath: "copy", copied: true},
		{name: "copied and edited", oldMode: file, newMode: file, before: function, after: edited, newPath: "edited copy", copied: true},

		{name: "link added", newMode: link, after: "target"},
		{name: "link deleted", oldMode: link, before: "target"},
		{name: "link changed", oldMode: link, newMode: link, before: "target", after: "other/target"},
		{name: "file becomes link", oldMode: file, newMode: link, before: function, after: "target"},
		{name: "link becomes file", oldMode: link, newMode: executable, before: "target", after: function},
		{name: "file becomes link of the same content", oldMode: file, newMode: link, before: "target", after: "target"},
		{name: "empty file becomes link", oldMode: file, newMode: link, after: "target"},
		{name: "binary becomes link", oldMode: file, newMode: link, before: "\x00", after: "target"},
		{name: "link becomes file with a common line", oldMode: link, newMode: file, before: "a\nb\nc\n", after: "a\nc\n"},

		{name: "submodule added", newMode: module, after: submodule},
		{name: "submodule deleted", oldMode: module, before: submodule},
		{name: "submodule changed", oldMode: module, newMode: module, before: submodule, after: strings.Repeat("ab", 20)},
		{name: "file becomes submodule", oldMode: file, newMode: module, before: "a\n", after: submodule},
		{name: "submodule becomes link", oldMode: module, newMode: link, before: submodule, after: "target"},
	}
	for _, path := range []string{
		"with space", "trailing ", "tab\tin it", "new\nline", "quote\"in", "back\\slash", "é", "\xff not UTF-8", "bell\a\b\v\f\r",
		"\x01\x1f\x7f", "dir with space/é x", "a/b/c", "-dash", "'single'", "$dollar", "~", "emoji 😀",
	} {
		changes = append(changes,
			change{name: path, oldMode: file, newMode: file, before: "a\n", after: "b\n"},
			change{name: "added " + path, newMode: file, after: "b\n"},
			change{name: "deleted " + path, oldMode: file, before: "b\n"},
			change{name: "binary " + path, oldMode: file, newMode: file, before: "\x00", after: "\x00\x00"})
	}

	o := newOracle(t)
	var stream bytes.Buffer
	commit := func(change string) {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter C <c@example.com> 1600000000 +0000\ndata 0\n%s\n", change)
	}
	for _, c := range changes {
		if c.oldMode != "" {
			commit(importFile(c.oldMode, c.name, c.before))
		}
		commands := ""
		newPath := c.name
		if c.newPath != "" {
			newPath = c.newPath
			if !c.copied {
				commands = "D " + importPath(c.name) + "\n"
			}
		}
		if c.newMode == "" {
			commit("D " + importPath(c.name))
		} else {
			commit(commands + importFile(c.newMode, newPath, c.after))
		}
		commit("deleteall")
	}
	o.git(stream.Bytes(), "fast-import", "--quiet")
	return o
}

// importFile gives the command of git fast-import that writes a file.
func importFile(mode, path, content string) string {
	if mode == "160000" {
		return fmt.Sprintf("M %s %s %s", mode, content, importPath(path))
	}
	return fmt.Sprintf("M %s inline %s\ndata %d\n%s", mode, importPath(path), len(content), content)
}

// importPath quotes a path for git fast-import.
func importPath(path string) string {
	quoted := `"`
	for i := range len(path) {
		quoted += fmt.Sprintf(`\%03o`, path[i])
	}
	return quoted + `"`
}

// memory is a stage.Blobs that knows contents by the first byte of their ids.
type memory map[byte]string

func (m memory) Blob(_ context.Context, id stage.Hash) ([]byte, error) {
	content, ok := m[id[0]]
	switch {
	case !ok:
		return nil, fmt.Errorf("blob %s: %w", id, stage.ErrMissing)
	case content == "broken":
		return nil, errBroken
	}
	return []byte(content), nil
}

var errBroken = errors.New("broken pack")

// modified is a change of file f from blob 1 to blob 2.
func modified() stage.FileChange {
	return stage.FileChange{
		Kind: stage.Modified, OldPath: "f", NewPath: "f",
		OldMode: stage.ModeRegular, NewMode: stage.ModeRegular,
		OldID: stage.Hash{1}, NewID: stage.Hash{2},
	}
}

// parse runs a DiffParser over one commit.
func parse(t *testing.T, p stage.DiffParser, blobs stage.Blobs, files ...stage.FileChange) []stage.FileChange {
	t.Helper()
	c := &stage.Commit{Files: files, Blobs: blobs}
	var emitted []*stage.Commit
	require.NoError(t, p.Open(t.Context()))
	require.NoError(t, p.Process(t.Context(), c, func(c *stage.Commit) { emitted = append(emitted, c) }))
	require.Equal(t, []*stage.Commit{c}, emitted)
	return c.Files
}

func TestDiffParserSetsHunks(t *testing.T) {
	f := parse(t, stage.DiffParser{}, memory{1: "int f()\n{\n1\n2\n3\n4\n5\n6\n7\n8\n9\nz\n", 2: "int f()\n{\n1\n2\n3\n4\n5\n6\n7\n8\n9\nz\nend"}, modified())[0]
	assert.Equal(t, 1, f.Added)
	assert.Equal(t, 0, f.Deleted)
	assert.Equal(t, []stage.Hunk{{
		OldStart: 10, OldLines: 3, NewStart: 10, NewLines: 4, Heading: "int f()",
		Text: " 8\n 9\n z\n+end\n\\ No newline at end of file\n",
	}}, f.Hunks)
	assert.True(t, strings.HasSuffix(f.Patch, "@@ -10,3 +10,4 @@ int f()\n"+f.Hunks[0].Text))
}

func TestDiffParserContext(t *testing.T) {
	blobs := memory{1: "1\n2\n3\n4\n5\n", 2: "1\n2\nx\n4\n5\n"}
	f := parse(t, stage.DiffParser{Context: 1}, blobs, modified())[0]
	assert.Equal(t, " 2\n-3\n+x\n 4\n", f.Hunks[0].Text)
	assert.ErrorContains(t, stage.DiffParser{Context: -1}.Open(t.Context()), "Context is -1")
}

func TestDiffParserContents(t *testing.T) {
	blobs := memory{1: "a\n", 2: "b\n"}
	f := parse(t, stage.DiffParser{}, blobs, modified())[0]
	assert.Nil(t, f.Before)
	assert.Nil(t, f.After)
	f = parse(t, stage.DiffParser{Contents: true}, blobs, modified())[0]
	assert.Equal(t, "a\n", string(f.Before))
	assert.Equal(t, "b\n", string(f.After))
}

// foretold is a stage.Blobs that notes what it is told and what it is asked.
type foretold struct {
	memory
	mu                    sync.Mutex
	told, asked, released []stage.Hash
}

func (f *foretold) Prefetch(ids []stage.Hash) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = append(f.told, ids...)
}

func (f *foretold) Blob(ctx context.Context, id stage.Hash) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.told, id) {
		return nil, fmt.Errorf("%s was not foretold", id)
	}
	f.asked = append(f.asked, id)
	return f.memory.Blob(ctx, id)
}

func (f *foretold) Release(id stage.Hash) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released = append(f.released, id)
}

func TestDiffParserTellsWhichBlobsItReads(t *testing.T) {
	const file, executable, link, module = stage.ModeRegular, stage.ModeExecutable, stage.ModeSymlink, stage.ModeSubmodule
	files := []stage.FileChange{
		{Kind: stage.Modified, OldPath: "a", NewPath: "a", OldMode: file, NewMode: file, OldID: stage.Hash{1}, NewID: stage.Hash{2}},
		{Kind: stage.Added, NewPath: "b", NewMode: link, NewID: stage.Hash{3}},
		{Kind: stage.Deleted, OldPath: "c", OldMode: file, OldID: stage.Hash{4}},
		{Kind: stage.Modified, OldPath: "d", NewPath: "d", OldMode: file, NewMode: executable, OldID: stage.Hash{5}, NewID: stage.Hash{5}},
		{Kind: stage.TypeChanged, OldPath: "e", NewPath: "e", OldMode: module, NewMode: file, OldID: stage.Hash{6}, NewID: stage.Hash{7}},
		{Kind: stage.Modified, OldPath: "f", NewPath: "f", OldMode: module, NewMode: module, OldID: stage.Hash{8}, NewID: stage.Hash{9}},
		{Kind: stage.Renamed, OldPath: "g", NewPath: "g2", OldMode: file, NewMode: file, OldID: stage.Hash{10}, NewID: stage.Hash{10}},
		{Kind: stage.Renamed, OldPath: "h", NewPath: "h2", OldMode: file, NewMode: file, OldID: stage.Hash{11}, NewID: stage.Hash{12}},
		{Kind: stage.Copied, OldPath: "i", NewPath: "i2", OldMode: file, NewMode: file, OldID: stage.Hash{13}, NewID: stage.Hash{14}},
	}
	contents := memory{}
	for i := range 15 {
		contents[byte(i)] = fmt.Sprintf("%d\n", i)
	}
	for _, times := range []int{1, 100} { // within one part of a commit, and in several
		blobs := &foretold{memory: contents}
		parse(t, stage.DiffParser{}, blobs, slices.Repeat(files, times)...)
		assert.ElementsMatch(t, blobs.asked, blobs.told, "no more and no less")
		assert.Len(t, blobs.asked, 11*times)
		assert.ElementsMatch(t, slices.Repeat([]stage.Hash{{1}, {4}, {11}}, times), blobs.released, "what nothing is left of")
	}
}

func TestDiffParserMarksMissingBlobs(t *testing.T) {
	gone := modified()
	gone.NewID = stage.Hash{3}
	files := parse(t, stage.DiffParser{}, memory{1: "a\n", 2: "b\n"}, modified(), gone, modified())
	assert.True(t, files[1].Missing)
	assert.Empty(t, files[1].Patch)
	assert.Empty(t, files[1].Hunks)
	for _, i := range []int{0, 2} {
		assert.False(t, files[i].Missing)
		assert.Contains(t, files[i].Patch, "\n-a\n+b\n")
		assert.Len(t, files[i].Hunks, 1)
	}
}

func TestDiffParserNeedsNoBlobForAPureRename(t *testing.T) {
	renamed := modified()
	renamed.Kind, renamed.NewPath, renamed.Similarity, renamed.NewID = stage.Renamed, "g", 100, renamed.OldID
	f := parse(t, stage.DiffParser{}, memory{}, renamed)[0]
	assert.False(t, f.Missing)
	assert.Equal(t, "diff --git a/f b/g\nsimilarity index 100%\nrename from f\nrename to g\n", f.Patch)
}

func TestDiffParserMarksLargeContents(t *testing.T) {
	blobs := memory{1: "a\n", 2: "// SPDX-License-Identifier: MIT\nlong\n"}
	f := parse(t, stage.DiffParser{MaxBytes: 10}, blobs, modified())[0]
	assert.True(t, f.Truncated)
	assert.Empty(t, f.Patch)
	assert.Zero(t, f.Added)
	assert.Equal(t, "MIT", f.License)
	assert.Error(t, stage.DiffParser{MaxBytes: 2 << 30}.Open(t.Context()))
}

func TestDiffParserFailsOnOtherErrors(t *testing.T) {
	c := &stage.Commit{Hash: stage.Hash{7}, Files: []stage.FileChange{modified()}, Blobs: memory{1: "a\n", 2: "broken"}}
	err := stage.DiffParser{}.Process(t.Context(), c, func(*stage.Commit) { t.Error("emitted") })
	assert.ErrorIs(t, err, errBroken)
	assert.ErrorContains(t, err, c.Hash.String())
	assert.ErrorContains(t, err, `"f"`)
}

func TestDiffParserPassesOnWhatItCannotParse(t *testing.T) {
	parsed := modified()
	parsed.Patch = "kept"
	assert.Equal(t, "kept", parse(t, stage.DiffParser{}, nil, parsed)[0].Patch)
	assert.Empty(t, parse(t, stage.DiffParser{}, memory{}))
}

func TestDiffParserReadsLicences(t *testing.T) {
	blobs := memory{1: "// SPDX-License-Identifier: MIT\n", 2: "// SPDX-License-Identifier: GPL-2.0 OR MIT\n", 3: "none\n"}
	f := modified()
	assert.Equal(t, "GPL-2.0 OR MIT", parse(t, stage.DiffParser{}, blobs, f)[0].License)
	f.Kind, f.NewPath, f.NewMode, f.NewID = stage.Deleted, "", stage.ModeNone, stage.Hash{}
	assert.Equal(t, "MIT", parse(t, stage.DiffParser{}, blobs, f)[0].License)
	f = modified()
	f.NewID = stage.Hash{3}
	assert.Equal(t, "", parse(t, stage.DiffParser{}, blobs, f)[0].License)
}

func TestDiffParserShowsModesAsGitDoes(t *testing.T) {
	blobs := memory{1: "a\n", 2: "b\n"}
	f := modified()
	f.OldMode, f.NewMode = 0o100664, 0o100775
	assert.Contains(t, parse(t, stage.DiffParser{}, blobs, f)[0].Patch, "old mode 100644\nnew mode 100755\n")
	f.NewMode = stage.ModeRegular
	assert.Contains(t, parse(t, stage.DiffParser{}, blobs, f)[0].Patch, " 100644\n--- a/f\n")
	f.NewID = f.OldID
	assert.Empty(t, parse(t, stage.DiffParser{}, blobs, f)[0].Patch)
}

func TestDiffParserIsSafeForConcurrentUse(t *testing.T) {
	blobs := memory{1: strings.Repeat("a\nb\nc\n", 100), 2: strings.Repeat("b\nc\nd\n", 100)}
	want := parse(t, stage.DiffParser{}, blobs, modified())[0].Patch
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				c := &stage.Commit{Files: []stage.FileChange{modified(), modified()}, Blobs: blobs}
				assert.NoError(t, stage.DiffParser{}.Process(t.Context(), c, func(*stage.Commit) {}))
				assert.Equal(t, want, c.Files[1].Patch)
			}
		})
	}
	group.Wait()
}

// The files of a large commit are shared out, and come out as those of small ones.
func TestDiffParserOfManyFiles(t *testing.T) {
	blobs := memory{}
	for i := range 250 {
		blobs[byte(i)] = fmt.Sprintf("%d\n%s", i, strings.Repeat("same\n", i))
	}
	files := make([]stage.FileChange, 1000)
	for i := range files {
		files[i] = modified()
		files[i].OldID, files[i].NewID = stage.Hash{byte(i % 250), 1}, stage.Hash{byte(i * 7 % 250), 2}
	}
	for i, f := range parse(t, stage.DiffParser{}, blobs, slices.Clone(files)...) {
		alone := parse(t, stage.DiffParser{}, blobs, files[i])[0]
		require.Equal(t, alone, f, "file %d", i)
	}

	delete(blobs, 3) // missing: a mark, and no error
	blobs[210] = "broken"
	for i := range files {
		files[i].OldPath, files[i].NewPath = fmt.Sprint(i), fmt.Sprint(i)
	}
	c := &stage.Commit{Files: files, Blobs: blobs}
	for range 20 {
		err := stage.DiffParser{}.Process(t.Context(), c, func(*stage.Commit) { t.Error("emitted") })
		require.ErrorIs(t, err, errBroken)
		first := slices.IndexFunc(files, func(f stage.FileChange) bool { return f.OldID[0] == 210 || f.NewID[0] == 210 })
		require.ErrorContains(t, err, fmt.Sprintf("%q", files[first].OldPath))
	}
}

// FuzzDiffParser gives a DiffParser contents of every sort.
func FuzzDiffParser(f *testing.F) {
	f.Add([]byte("a\nb\n"), []byte("a\nc"), "path", uint32(stage.ModeRegular), uint32(stage.ModeExecutable))
	f.Add([]byte("a\x00"), []byte("\n\n\r\n"), "a \"path\"\n", uint32(stage.ModeRegular), uint32(stage.ModeSymlink))
	f.Add([]byte("int f()\n\n\n\n\n{"), []byte(""), "\xff", uint32(stage.ModeNone), uint32(stage.ModeSubmodule))
	f.Fuzz(func(t *testing.T, before, after []byte, path string, oldMode, newMode uint32) {
		change := modified()
		change.OldPath, change.NewPath = path, path
		change.OldMode, change.NewMode = stage.FileMode(oldMode), stage.FileMode(newMode)
		c := &stage.Commit{Files: []stage.FileChange{change}, Blobs: memory{1: string(before), 2: string(after)}}
		err := stage.DiffParser{Contents: true}.Process(t.Context(), c, func(*stage.Commit) {})
		if errors.Is(err, errBroken) {
			return
		}
		require.NoError(t, err)
		if result := &c.Files[0]; oldMode != 0 && newMode != 0 {
			checkHunks(t, result)
		}
	})
}
