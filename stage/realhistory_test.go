package stage

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// realRepository gives the directory of the large repository that the caller
// of the tests has named, and skips the test where none is.
func realRepository(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("COMMITFLOW_REPO")
	if dir == "" {
		t.Skip("set COMMITFLOW_REPO to a git repository to run this test over its whole history")
	}
	return dir
}

// gitMessages reads the messages of HEAD through git itself.
type gitMessages struct{ dir string }

func (g gitMessages) Messages(ctx context.Context, each func(Message) error) error {
	var position Position
	return g.objects(ctx, func(hash Hash, object []byte) error {
		headers, text, _ := bytes.Cut(object, []byte("\n\n"))
		m := Message{Position: position, Hash: hash, Text: text}
		for line := range bytes.Lines(headers) {
			if value, ok := bytes.CutPrefix(line, []byte("committer ")); ok {
				fields := bytes.Fields(value)
				m.Seconds, _ = strconv.ParseInt(string(fields[len(fields)-2]), 10, 64)
			}
			if value, ok := bytes.CutPrefix(line, []byte("parent ")); ok {
				parent, err := ParseHash(string(bytes.TrimSpace(value)))
				if err != nil {
					return err
				}
				m.Parents = append(m.Parents, parent)
			}
		}
		position++
		return each(m)
	})
}

func (g gitMessages) objects(ctx context.Context, each func(Hash, []byte) error) error {
	list := exec.CommandContext(ctx, "git", "-C", g.dir, "rev-list", "--reverse", "--topo-order", "HEAD")
	cat := exec.CommandContext(ctx, "git", "-C", g.dir, "cat-file", "--batch")
	pipe, err := list.StdoutPipe()
	if err != nil {
		return err
	}
	cat.Stdin = pipe
	out, err := cat.StdoutPipe()
	if err != nil {
		return err
	}
	for _, command := range []*exec.Cmd{list, cat} {
		if err := command.Start(); err != nil {
			return err
		}
	}
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		line, err := r.ReadString('\n')
		if err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		var name, kind string
		var size int
		if _, err := fmt.Sscan(line, &name, &kind, &size); err != nil {
			return fmt.Errorf("git cat-file said %q: %w", line, err)
		}
		object := make([]byte, size+1)
		if _, err := io.ReadFull(r, object); err != nil {
			return err
		}
		hash, err := ParseHash(name)
		if err != nil {
			return err
		}
		if err := each(hash, object[:size]); err != nil {
			return err
		}
	}
	if err := list.Wait(); err != nil {
		return err
	}
	return cat.Wait()
}

// TestChainLinkerOverARealHistory holds the linker against the simplest thing
// that could be right: regular expressions for the strict forms, and a sorted
// list of all hashes.
func TestChainLinkerOverARealHistory(t *testing.T) {
	messages := gitMessages{realRepository(t)}
	l := &ChainLinker{Messages: messages}
	require.NoError(t, l.Open(t.Context()))
	for _, count := range l.Counts() {
		t.Logf("%s: %d resolved of %d: %+v", count.Kind, count.Resolved(), count.Stated, count)
	}
	commits := len(l.index.hashes)
	t.Logf("%d commits, %.1f bytes of index per commit", commits, float64(l.index.size())/float64(commits))
	assert.Less(t, l.index.size(), 64*commits+1<<10)

	var all []string
	for _, hash := range l.index.hashes {
		all = append(all, hash.String())
	}
	slices.Sort(all)
	unique := func(hex string) (string, bool) {
		at, _ := slices.BinarySearch(all, hex)
		if at == len(all) || !strings.HasPrefix(all[at], hex) || at+1 < len(all) && strings.HasPrefix(all[at+1], hex) {
			return "", false
		}
		return all[at], true
	}
	fixes := regexp.MustCompile(`(?im)^Fixes:\s*([0-9a-f]{7,40})\b`)
	reverts := regexp.MustCompile(`(?m)^(?:\S.*)?This reverts commit ([0-9a-f]{40})`) // what is indented is quoted
	var carrying, resolvable, sentences int
	require.NoError(t, messages.Messages(t.Context(), func(m Message) error {
		c := &Commit{Position: m.Position, Hash: m.Hash, Message: string(m.Text)}
		require.NoError(t, l.Process(t.Context(), c, func(*Commit) {}))
		linked := func(kind LinkKind, hash string) bool {
			return slices.ContainsFunc(c.Links, func(link Link) bool { return link.Kind == kind && link.Commit.String() == hash })
		}
		stated := func(kind LinkKind, hex string) bool {
			return slices.ContainsFunc(References(c.Message), func(r Reference) bool { return r.Kind == kind && r.Hex == hex })
		}
		found := false
		matches := fixes.FindAllStringSubmatch(c.Message, -1)
		for _, match := range matches {
			hex := strings.ToLower(match[1])
			assert.True(t, stated(Fixes, hex), "%s: %s", c.Hash, match[0])
			if hash, ok := unique(hex); ok {
				found = true
				assert.True(t, linked(Fixes, hash), "%s: %s", c.Hash, match[0])
			}
		}
		if len(matches) > 0 {
			carrying++
		}
		if found {
			resolvable++
		}
		sentences += strings.Count(c.Message, "This reverts commit")
		for _, match := range reverts.FindAllStringSubmatch(c.Message, -1) {
			assert.True(t, stated(Reverts, match[1]), "%s: %s", c.Hash, match[0])
			if hash, ok := unique(match[1]); ok {
				assert.True(t, linked(Reverts, hash), "%s: %s", c.Hash, match[0])
			}
		}
		for _, r := range c.Unresolved {
			t.Logf("%s %s: %.12s %q in %s", r.Kind, r.Reason, r.Hex, r.Subject, c.Hash)
		}
		for _, link := range c.Links {
			other, ok := l.index.find(link.Commit, 0)
			require.True(t, ok)
			require.True(t, slices.ContainsFunc(l.index.links(other), func(back Link) bool {
				return back.Commit == c.Hash && back.Kind == reverseKind(link.Kind)
			}), "%s %s %s is not known at the other end", c.Hash, link.Kind, link.Commit)
		}
		return nil
	}))
	t.Logf("%d commits carry a strict Fixes tag, %d of them with a unique prefix; %d sentences \"This reverts commit\"", carrying, resolvable, sentences)
}

// TestStatesOfARealHistory holds the states of commits against what a reader of
// the history has found, see testdata/states_uboot.txt.
func TestStatesOfARealHistory(t *testing.T) {
	l := &ChainLinker{Messages: gitMessages{realRepository(t)}}
	require.NoError(t, l.Open(t.Context()))
	known := 0
	for hash, words := range testdataRows(t, "states_uboot.txt") {
		if ordinal, ok := l.index.find(hash, 0); ok {
			known++
			assert.Equal(t, words, l.index.states[ordinal].String(), hash)
		}
	}
	if known == 0 {
		t.Skip("the states are those of U-Boot's commits: set COMMITFLOW_REPO to its repository")
	}
	count := map[State]int{}
	for _, state := range l.index.states {
		count[state]++
	}
	t.Logf("%d commits with a known state; of all: %v", known, count)
}

// testdataRows reads a file of lines that begin with a hash; "#" begins a remark.
func testdataRows(t testing.TB, name string) map[Hash]string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	rows := map[Hash]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		digits, rest, _ := strings.Cut(line, " ")
		hash, err := ParseHash(digits)
		require.NoError(t, err)
		rows[hash] = rest
	}
	return rows
}

func reverseKind(kind LinkKind) LinkKind {
	return edgeKinds[slices.Index(edgeKinds[:], kind)^1]
}
