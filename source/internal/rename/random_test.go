package rename_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/commitflow/commitflow/source/internal/gitoracle"
	"github.com/commitflow/commitflow/stage"
)

// TestRandomHistories compares histories of moves, edits, copies and swaps
// with git. Names and lines are few, so that there are many candidates and many
// of equal rank.
func TestRandomHistories(t *testing.T) {
	const histories, commits = 12, 25
	repo := gitoracle.NewRepo(t)
	var all [][]gitoracle.Snapshot
	for seed := range histories {
		all = append(all, randomHistory(uint64(seed), commits))
	}
	repo.Import(t, all...)
	objects := repo.Objects(t)
	for _, m := range append(modes, limitedModes...) {
		t.Run(m.name, func(t *testing.T) { m.compareWithGit(t, repo, objects, "--branches") })
	}
}

// TestCrowds compares commits that move many files of nearly the same content,
// most of them with the same score as others. Where git keeps four candidates
// for each, the order in which they came decides.
func TestCrowds(t *testing.T) {
	repo := gitoracle.NewRepo(t)
	var all [][]gitoracle.Snapshot
	for seed := range 25 {
		all = append(all, crowd(rand.New(rand.NewPCG(uint64(seed), 3))))
	}
	repo.Import(t, all...)
	objects := repo.Objects(t)
	tight := renames
	tight.name, tight.rename.MaxHeld = "-M, holding little", 1000
	tightCopies := harder
	tightCopies.name, tightCopies.rename.MaxHeld = "-C -C, holding little", 1000
	for _, m := range append(modes, tight, tightCopies) {
		t.Run(m.name, func(t *testing.T) { m.compareWithGit(t, repo, objects, "--branches") })
	}
}

// crowd makes a first commit of many files, and a second one that has moved
// and edited most of them.
func crowd(r *rand.Rand) []gitoracle.Snapshot {
	text := func() string {
		var b strings.Builder
		for line := range 10 {
			fmt.Fprintf(&b, "%d of %d\n", line, r.IntN(1+r.IntN(3)))
		}
		return b.String()
	}
	// With few names and many directories base names are seldom unique.
	names := 1 + r.IntN(12)
	path := func(top string) string {
		return fmt.Sprintf("%s/%d/%d", top, r.IntN(20), r.IntN(names))
	}
	before, after := gitoracle.Snapshot{}, gitoracle.Snapshot{}
	for range 40 {
		f := gitoracle.File{Content: text()}
		before[path("old")] = f
		if r.IntN(4) == 0 {
			stays := path("stays")
			before[stays] = f
			after[stays] = gitoracle.File{Content: text()}
		}
		after[path("new")] = gitoracle.File{Content: text()}
	}
	return []gitoracle.Snapshot{before, after}
}

// randomHistory makes a line of commits.
func randomHistory(seed uint64, commits int) []gitoracle.Snapshot {
	a := author{Rand: rand.New(rand.NewPCG(seed, 2)), files: gitoracle.Snapshot{}}
	for range 10 + a.IntN(20) {
		a.write()
	}
	history := []gitoracle.Snapshot{maps.Clone(a.files)}
	for range commits {
		for range 1 + a.IntN(1+a.IntN(16)) {
			a.act()
		}
		history = append(history, maps.Clone(a.files))
	}
	return history
}

// author works on files at random.
type author struct {
	*rand.Rand
	files gitoracle.Snapshot
}

// act does one thing to one file.
func (a author) act() {
	old := a.some()
	f, ok := a.files[old]
	if !ok {
		a.write()
		return
	}
	switch a.IntN(13) {
	case 0:
		a.write()
	case 1:
		delete(a.files, old)
	case 2, 3:
		delete(a.files, old)
		a.put(a.path(), f)
	case 4, 5:
		delete(a.files, old)
		a.put(a.path(), a.edit(f))
	case 6:
		a.put(a.path(), f)
	case 7:
		a.put(a.path(), a.edit(f))
	case 8:
		a.put(old, a.edit(f))
	case 9:
		other := a.some()
		a.files[old], a.files[other] = a.files[other], f
	case 10:
		f.Mode = []stage.FileMode{0, stage.ModeExecutable, stage.ModeSymlink}[a.IntN(3)]
		a.put(old, f)
	case 11:
		a.put(a.path(), gitoracle.File{
			Mode: stage.ModeSubmodule, Content: strings.Repeat(string('a'+rune(a.IntN(3))), 40),
		})
	case 12:
		a.moveDirectory()
	}
}

// some gives a path of a file, always the same for the same seed.
func (a author) some() string {
	paths := slices.Sorted(maps.Keys(a.files))
	if len(paths) == 0 {
		return ""
	}
	return paths[a.IntN(len(paths))]
}

// path makes up a path. Directories and files share their names.
func (a author) path() string {
	names := []string{"a", "b", "a.c", "Makefile", "x-y", "é", "a0"}
	parts := make([]string, 1+a.IntN(3))
	for i := range parts {
		parts[i] = names[a.IntN(len(names))]
	}
	return strings.Join(parts, "/")
}

// put writes a file, and removes what stands in its way.
func (a author) put(path string, f gitoracle.File) {
	if f.Mode == stage.ModeSubmodule && len(f.Content) != 40 || f.Content == "" && f.Mode == stage.ModeSymlink {
		f.Mode = stage.ModeRegular
	}
	for other := range a.files {
		if strings.HasPrefix(other, path+"/") || strings.HasPrefix(path, other+"/") {
			delete(a.files, other)
		}
	}
	a.files[path] = f
}

// moveDirectory gives all files of a directory another one.
func (a author) moveDirectory() {
	from, to := a.path()+"/", a.path()+"/"
	for _, path := range slices.Sorted(maps.Keys(a.files)) {
		if rest, ok := strings.CutPrefix(path, from); ok {
			f := a.files[path]
			delete(a.files, path)
			a.put(to+rest, f)
		}
	}
}

// write makes a new file.
func (a author) write() {
	a.put(a.path(), gitoracle.File{Content: a.text()})
}

// text makes up the content of a file: several lines in one of several
// manners, and sometimes nothing.
func (a author) text() string {
	var b strings.Builder
	end := []string{"\n", "\n", "\n", "\r\n", "\x00\n", "\r\r\n"}[a.IntN(6)]
	for range a.IntN(30) {
		b.WriteString(a.line())
		b.WriteString(end)
	}
	if a.IntN(3) == 0 {
		b.WriteString(a.line())
	}
	return b.String()
}

func (a author) line() string {
	switch a.IntN(8) {
	case 0:
		return ""
	case 1:
		return strings.Repeat("long line ", a.IntN(20))
	default:
		return fmt.Sprintf("line %d", a.IntN(12))
	}
}

// edit changes some lines of a file.
func (a author) edit(f gitoracle.File) gitoracle.File {
	if f.Mode == stage.ModeSubmodule {
		return f
	}
	lines := strings.SplitAfter(f.Content, "\n")
	for range 1 + a.IntN(6) {
		at := a.IntN(len(lines))
		switch a.IntN(4) {
		case 0:
			lines = slices.Insert(lines, at, a.line()+"\n")
		case 1:
			if len(lines) > 1 {
				lines = slices.Delete(lines, at, at+1)
			}
		case 2:
			lines[at] = a.line() + "\n"
		case 3:
			lines[at] = strings.Replace(lines[at], "\n", "\r\n", 1)
		}
	}
	f.Content = strings.Join(lines, "")
	return f
}
