package stage_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// oracle asks git about a repository.
type oracle struct {
	testing.TB
	repo   string // the git directory
	copies bool   // whether to look for copies, too
}

// detection gives the options that tell git to look for renames and copies.
func (o oracle) detection() []string {
	if o.copies {
		return []string{"-M", "-C", "--find-copies-harder"}
	}
	return []string{"-M"}
}

// newOracle makes an empty repository.
func newOracle(t testing.TB) oracle {
	o := oracle{TB: t, repo: t.TempDir()}
	o.git(nil, "init", "--quiet", "--bare")
	return o
}

// command prepares a run of git that no user configuration can influence.
func (o oracle) command(input []byte, arguments ...string) *exec.Cmd {
	command := exec.Command("git", append([]string{"--git-dir=" + o.repo}, arguments...)...)
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_NO_LAZY_FETCH=1")
	command.Stdin = bytes.NewReader(input)
	command.Stderr = os.Stderr
	return command
}

// git runs git and gives what it prints.
func (o oracle) git(input []byte, arguments ...string) []byte {
	o.Helper()
	out, err := o.command(input, arguments...).Output()
	require.NoError(o, err, arguments)
	return out
}

// stream starts git and gives its output as a stream.
func (o oracle) stream(input []byte, arguments ...string) *bufio.Reader {
	o.Helper()
	command := o.command(input, arguments...)
	out, err := command.StdoutPipe()
	require.NoError(o, err)
	require.NoError(o, command.Start())
	o.Cleanup(func() {
		io.Copy(io.Discard, out)
		command.Wait()
	})
	return bufio.NewReaderSize(out, 1<<20)
}

// diffTree starts a git diff-tree over the commits whose ids are given, one a
// line.
func (o oracle) diffTree(commits []byte, options ...string) *bufio.Reader {
	return o.stream(commits, append([]string{"diff-tree", "--stdin", "--root", "-r"}, options...)...)
}

// compareHistory runs a DiffParser over the commits of a revision that are no
// merges, and compares patches and line counts with what git prints. It also
// applies every patch's hunks to the content before.
func (o oracle) compareHistory(revision string) {
	o.Helper()
	commits := o.readable(o.git(nil, "rev-list", "--no-merges", revision))
	patches := &patchReader{r: o.diffTree(commits, append(o.detection(), "--full-index", "-p")...)}
	blobs := o.blobs()

	var total, equal, unequal, skipped int
	for c, counts := range o.changes(commits) {
		blobs.prefetch(c)
		c.Blobs = blobs
		require.NoError(o, stage.DiffParser{Contents: true}.Process(o.Context(), c, func(*stage.Commit) {}))
		want := patches.commit(o, c.Hash.String())
		var got strings.Builder
		for i := range c.Files {
			f := &c.Files[i]
			got.WriteString(f.Patch)
			total++
			if f.Missing || f.Truncated {
				skipped++
				o.Logf("commit %s: %s: missing %v, truncated %v", c.Hash, f.Path(), f.Missing, f.Truncated)
				continue
			}
			if counts[i] != numstat(f) {
				assert.Equalf(o, counts[i], numstat(f), "commit %s: %s", c.Hash, f.Path())
			}
			checkHunks(o, f)
		}
		if got.String() == want {
			equal += len(c.Files)
			continue
		}
		for i := range c.Files {
			f := &c.Files[i]
			switch {
			case f.Missing || f.Truncated:
			case strings.Contains(want, f.Patch):
				equal++
			default:
				unequal++
				o.Errorf("commit %s: %s differs from git's patch", c.Hash, f.Path())
			}
		}
	}
	o.Logf("%d file changes: %d equal, %d unequal, %d missing or truncated", total, equal, unequal, skipped)
}

// readable leaves out the commits that change a blob which the repository does
// not hold, since git ends at the first of those.
func (o oracle) readable(commits []byte) []byte {
	var ids bytes.Buffer
	var changes []string // the commit of every id
	commit := ""
	raw := o.diffTree(commits, "--no-abbrev", "--raw", "--no-renames")
	for {
		line, err := raw.ReadString('\n')
		if err == io.EOF {
			break
		}
		require.NoError(o, err)
		if line[0] != ':' {
			commit = strings.TrimSuffix(line, "\n")
			continue
		}
		fields := strings.Fields(line)
		for side := range 2 {
			if mode := fields[side]; mode != ":000000" && mode != "000000" && !strings.HasSuffix(mode, "160000") {
				ids.WriteString(fields[2+side] + "\n")
				changes = append(changes, commit)
			}
		}
	}
	missing := map[string]bool{}
	found := bufio.NewScanner(bytes.NewReader(o.git(ids.Bytes(), "cat-file", "--batch-check")))
	for i := 0; found.Scan(); i++ {
		if id, ok := strings.CutSuffix(found.Text(), " missing"); ok {
			o.Logf("commit %s is left out: blob %s is missing", changes[i], id)
			missing[changes[i]] = true
		}
	}
	var readable bytes.Buffer
	for line := range strings.Lines(string(commits)) {
		if !missing[strings.TrimSuffix(line, "\n")] {
			readable.WriteString(line)
		}
	}
	return readable.Bytes()
}

// checkHunks applies a file's hunks to its content before, which must give its
// content after.
func checkHunks(t testing.TB, f *stage.FileChange) {
	if f.Binary || f.OldMode != 0 && f.NewMode != 0 && f.OldMode.Type() != f.NewMode.Type() || f.NewMode == stage.ModeSubmodule || f.OldMode == stage.ModeSubmodule {
		return
	}
	after, err := applyHunks(f.Before, f.Hunks)
	if assert.NoError(t, err, f.Path()) {
		assert.True(t, bytes.Equal(f.After, after), "the hunks of %s lead elsewhere", f.Path())
	}
}

// applyHunks applies hunks to a content, and checks their context and counts.
func applyHunks(before []byte, hunks []stage.Hunk) ([]byte, error) {
	var after []byte
	oldLine, newLine := 1, 1
	takeOld := func(want string) error {
		end := bytes.IndexByte(before, '\n') + 1
		if end == 0 {
			end = len(before)
		}
		if string(before[:end]) != want {
			return fmt.Errorf("line %d is %q, the hunk has %q", oldLine, before[:end], want)
		}
		before = before[end:]
		oldLine++
		return nil
	}
	for _, h := range hunks {
		start := h.OldStart
		if h.OldLines == 0 {
			start++
		}
		for oldLine < start {
			end := bytes.IndexByte(before, '\n') + 1
			if end == 0 {
				return nil, fmt.Errorf("hunk starts at line %d, the text ends before", h.OldStart)
			}
			after = append(after, before[:end]...)
			before = before[end:]
			oldLine++
			newLine++
		}
		if h.NewLines > 0 && h.NewStart != newLine || h.NewLines == 0 && h.NewStart != newLine-1 {
			return nil, fmt.Errorf("hunk says new line %d, the text is at %d", h.NewStart, newLine)
		}
		oldEnd, newEnd := oldLine+h.OldLines, newLine+h.NewLines
		lines := strings.SplitAfter(h.Text, "\n")
		for i := 0; i < len(lines)-1; i++ {
			sign, line := lines[i][0], lines[i][1:]
			if strings.HasPrefix(lines[i+1], "\\") {
				line = strings.TrimSuffix(line, "\n")
			}
			if sign == ' ' || sign == '-' {
				if err := takeOld(line); err != nil {
					return nil, err
				}
			}
			if sign == ' ' || sign == '+' {
				after = append(after, line...)
				newLine++
			}
		}
		if oldLine != oldEnd || newLine != newEnd {
			return nil, fmt.Errorf("hunk at line %d has other lines than it says", h.OldStart)
		}
	}
	return append(after, before...), nil
}

// numstat gives a file's counts as git prints them.
func numstat(f *stage.FileChange) string {
	if f.Binary {
		return "-\t-"
	}
	return fmt.Sprintf("%d\t%d", f.Added, f.Deleted)
}

// changes yields the commits whose ids are given, one a line, with the changes
// against their first parents and the counts of every file.
func (o oracle) changes(commits []byte) iter.Seq2[*stage.Commit, []string] {
	fields := o.diffTree(commits, append(o.detection(), "-z", "--no-abbrev", "--raw", "--numstat")...)
	next := func() (string, bool) {
		field, err := fields.ReadString(0)
		if err == io.EOF {
			return "", false
		}
		require.NoError(o, err)
		return strings.TrimSuffix(field, "\x00"), true
	}
	return func(yield func(*stage.Commit, []string) bool) {
		var c *stage.Commit
		var counts []string
		for {
			field, ok := next()
			switch {
			case !ok:
				if c != nil {
					yield(c, counts)
				}
				return
			case strings.HasPrefix(field, ":"):
				f := parseRaw(o, field)
				path, _ := next()
				if f.Kind != stage.Added {
					f.OldPath = path
				}
				if f.Kind == stage.Renamed || f.Kind == stage.Copied {
					path, _ = next()
				}
				if f.Kind != stage.Deleted {
					f.NewPath = path
				}
				c.Files = append(c.Files, f)
			case strings.Contains(field, "\t"):
				numbers, path := splitNumstat(field)
				counts = append(counts, numbers)
				if path == "" {
					next()
					next()
				}
			default:
				if c != nil && !yield(c, counts) {
					return
				}
				id, err := stage.ParseHash(field)
				require.NoError(o, err)
				c, counts = &stage.Commit{Hash: id}, nil
			}
		}
	}
}

// splitNumstat splits a record of --numstat into counts and path.
func splitNumstat(record string) (counts, path string) {
	parts := strings.SplitN(record, "\t", 3)
	return parts[0] + "\t" + parts[1], parts[2]
}

// parseRaw reads the fixed part of a record of --raw.
func parseRaw(t testing.TB, record string) stage.FileChange {
	parts := strings.Fields(record[1:])
	require.Len(t, parts, 5, record)
	mode := func(octal string) stage.FileMode {
		n, err := strconv.ParseUint(octal, 8, 32)
		require.NoError(t, err)
		return stage.FileMode(n)
	}
	id := func(hex string) stage.Hash {
		h, err := stage.ParseHash(hex)
		require.NoError(t, err)
		return h
	}
	f := stage.FileChange{
		Kind:    stage.ChangeKind(parts[4][0]),
		OldMode: mode(parts[0]), NewMode: mode(parts[1]),
		OldID: id(parts[2]), NewID: id(parts[3]),
	}
	if len(parts[4]) > 1 {
		score, err := strconv.Atoi(parts[4][1:])
		require.NoError(t, err)
		f.Similarity = score
	}
	return f
}

// patchReader splits the output of git diff-tree --stdin -p by commits: a line
// that holds nothing but a commit's id cannot be part of a patch.
type patchReader struct {
	r     *bufio.Reader
	ahead string // the id of the next commit
}

// commit gives the patch of a commit, which must be the next one.
func (p *patchReader) commit(t testing.TB, id string) string {
	if p.ahead == "" {
		line, err := p.r.ReadString('\n')
		require.NoError(t, err)
		p.ahead = strings.TrimSuffix(line, "\n")
	}
	require.Equal(t, id, p.ahead)
	var text bytes.Buffer
	for {
		line, err := p.r.ReadBytes('\n')
		if err == io.EOF {
			return text.String()
		}
		require.NoError(t, err)
		if len(line) == 41 && bytes.IndexByte([]byte("0123456789abcdef"), line[0]) >= 0 {
			if id, err := stage.ParseHash(string(line[:40])); err == nil {
				p.ahead = id.String()
				return text.String()
			}
		}
		text.Write(line)
	}
}

// catFile is a stage.Blobs over `git cat-file --batch`.
type catFile struct {
	in   io.Writer
	out  *bufio.Reader
	held map[stage.Hash][]byte // nil marks a missing blob
}

func (o oracle) blobs() *catFile {
	command := o.command(nil, "cat-file", "--batch")
	command.Stdin = nil
	in, err := command.StdinPipe()
	require.NoError(o, err)
	out, err := command.StdoutPipe()
	require.NoError(o, err)
	require.NoError(o, command.Start())
	o.Cleanup(func() {
		in.Close()
		command.Wait()
	})
	return &catFile{in: in, out: bufio.NewReaderSize(out, 1<<20), held: map[stage.Hash][]byte{}}
}

// prefetch loads the contents that a commit needs in one go.
func (b *catFile) prefetch(c *stage.Commit) {
	before := b.held
	b.held = map[stage.Hash][]byte{}
	var wanted []stage.Hash
	want := func(mode stage.FileMode, id stage.Hash) {
		if mode == stage.ModeNone || mode == stage.ModeSubmodule {
			return
		}
		if _, ok := b.held[id]; ok {
			return
		}
		b.held[id] = before[id]
		if _, ok := before[id]; !ok {
			wanted = append(wanted, id)
		}
	}
	for i := range c.Files {
		want(c.Files[i].OldMode, c.Files[i].OldID)
		want(c.Files[i].NewMode, c.Files[i].NewID)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var request []byte
		for _, id := range wanted {
			request = append(request, id.String()+"\n"...)
		}
		b.in.Write(request)
	}()
	for _, id := range wanted {
		header, err := b.out.ReadString('\n')
		if err != nil {
			panic(err)
		}
		if strings.HasSuffix(header, " missing\n") {
			continue
		}
		size, err := strconv.Atoi(strings.Fields(header)[2])
		if err != nil {
			panic(err)
		}
		content := make([]byte, size+1)
		if _, err := io.ReadFull(b.out, content); err != nil {
			panic(err)
		}
		b.held[id] = content[:size]
	}
	<-done
}

// Blob implements [stage.Blobs].
func (b *catFile) Blob(_ context.Context, id stage.Hash) ([]byte, error) {
	content := b.held[id]
	if content == nil {
		return nil, fmt.Errorf("blob %s: %w", id, stage.ErrMissing)
	}
	return content, nil
}
