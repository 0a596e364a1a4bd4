package gitoracle

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/commitflow/commitflow/stage"
)

// File is a file of a [Snapshot]. The content of a submodule is the 40 digits
// of its commit.
type File struct {
	Mode    stage.FileMode // 0 means 100644
	Content string
}

// Snapshot is all files of a commit, by path.
type Snapshot map[string]File

// Texts makes a snapshot of ordinary files from paths and contents.
func Texts(pathAndContent ...string) Snapshot {
	s := Snapshot{}
	for i := 0; i < len(pathAndContent); i += 2 {
		s[pathAndContent[i]] = File{Content: pathAndContent[i+1]}
	}
	return s
}

// Import writes histories into the repository, each a line of commits on a
// branch of its own, "h0", "h1" and so on, with one run of git.
func (r Repo) Import(t testing.TB, histories ...[]Snapshot) {
	t.Helper()
	var stream bytes.Buffer
	for i, history := range histories {
		for n, snapshot := range history {
			fmt.Fprintf(&stream, "commit refs/heads/h%d\ncommitter A <a@example.com> %d +0000\ndata 0\ndeleteall\n", i, 1_000_000_000+n)
			for _, path := range slices.Sorted(maps.Keys(snapshot)) {
				writeFile(&stream, path, snapshot[path])
			}
		}
	}
	r.Git(t, stream.Bytes(), "fast-import", "--quiet")
}

// writeFile writes a file in the language of `git fast-import`.
func writeFile(stream *bytes.Buffer, path string, f File) {
	mode := f.Mode
	if mode == stage.ModeNone {
		mode = stage.ModeRegular
	}
	if mode == stage.ModeSubmodule {
		fmt.Fprintf(stream, "M %s %s %s\n", mode, f.Content, quotePath(path))
		return
	}
	fmt.Fprintf(stream, "M %s inline %s\ndata %d\n%s\n", mode, quotePath(path), len(f.Content), f.Content)
}

// quotePath writes a path of any bytes in double quotes.
func quotePath(path string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(path) + `"`
}
