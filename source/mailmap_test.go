package source_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

func mailmapOf(t *testing.T, repo string) *stage.Mailmap {
	t.Helper()
	g := &source.Git{Repo: repo}
	m, err := g.Mailmap(t.Context())
	require.NoError(t, err)
	require.NoError(t, g.Close())
	return m
}

// checkMailmap asks git for what it makes of people.
func checkMailmap(t *testing.T, repo string, people []stage.Person) []stage.Person {
	t.Helper()
	var lines bytes.Buffer
	for _, p := range people {
		lines.WriteString(p.Name + " <" + p.Mail + ">\n")
	}
	command := exec.Command("git", "-C", repo, "check-mailmap", "--stdin")
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	command.Stdin, command.Stderr = &lines, os.Stderr
	out, err := command.Output()
	require.NoError(t, err)
	var mapped []stage.Person
	for line := range strings.Lines(string(out)) {
		name, mail, ok := strings.Cut(strings.TrimSuffix(line, ">\n"), "<")
		require.True(t, ok, line)
		mapped = append(mapped, stage.Person{Name: strings.TrimSuffix(name, " "), Mail: mail})
	}
	require.Len(t, mapped, len(people))
	return mapped
}

// Where the mailmap comes from, in bare and other repositories.
func TestMailmapOfARepository(t *testing.T) {
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	write(t, dir, ".mailmap", "Head <a@x.org>\nHead <b@x.org>\nHead <c@x.org>\n")
	write(t, dir, "other", "Blob <b@x.org>\nBlob <c@x.org>\n")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-qm", "Start")
	bare := filepath.Join(t.TempDir(), "bare.git")
	git(t, dir, "clone", "-q", "--bare", dir, bare)
	file := filepath.Join(t.TempDir(), "mailmap")
	require.NoError(t, os.WriteFile(file, []byte("File <c@x.org>\n"), 0o600))

	people := []stage.Person{{Name: "P", Mail: "a@x.org"}, {Name: "P", Mail: "B@x.org"}, {Name: "P", Mail: "c@x.org"}, {Name: "P", Mail: "d@x.org"}}
	compare := func(want ...string) {
		t.Helper()
		for _, repo := range []string{dir, bare} {
			m := mailmapOf(t, repo)
			var got []stage.Person
			for _, p := range people {
				got = append(got, m.Map(p))
			}
			assert.Equal(t, checkMailmap(t, repo, people), got, repo)
		}
		m := mailmapOf(t, dir)
		for i, name := range want {
			assert.Equal(t, name, m.Map(people[i]).Name)
		}
	}
	configure := func(key, value string) {
		git(t, dir, "config", key, value)
		git(t, bare, "config", key, value)
	}
	compare("Head", "Head", "Head", "P")
	configure("mailmap.blob", "HEAD:other")
	compare("Head", "Blob", "Blob", "P")
	configure("mailmap.file", file)
	compare("Head", "Blob", "File", "P")
	configure("mailmap.file", filepath.Join(dir, "nowhere"))
	compare("Head", "Blob", "Blob", "P")
	configure("mailmap.blob", "HEAD:nowhere")
	compare("Head", "Head", "Head", "P")

	git(t, dir, "config", "mailmap.file", dir)
	_, err := (&source.Git{Repo: dir}).Mailmap(t.Context())
	assert.ErrorContains(t, err, "is no ordinary file")

	write(t, dir, ".mailmap", "Work tree <a@x.org>\n")
	git(t, dir, "config", "--unset", "mailmap.file")
	assert.Equal(t, "Head", mailmapOf(t, dir).Map(people[0]).Name, "the work tree's state does not matter")
}

func TestMailmapOfARepositoryWithout(t *testing.T) {
	dir := smallHistory(t)
	m := mailmapOf(t, dir)
	assert.Zero(t, m.Len())
	p := stage.Person{Name: "A", Mail: "a@x.org"}
	assert.Equal(t, p, m.Map(p))
}

// TestMailmapAsGitOverHistory maps everybody whom a history names, also under
// other names and in capital letters, and compares with git check-mailmap.
func TestMailmapAsGitOverHistory(t *testing.T) {
	repo := os.Getenv("COMMITFLOW_REPO")
	if repo == "" {
		t.Skip("set COMMITFLOW_REPO to the directory of a repository to compare everybody in it with git check-mailmap")
	}
	seen := map[stage.Person]bool{}
	command := exec.Command("git", "-C", repo, "log", "--no-mailmap", "--format=%an%x00%ae%n%cn%x00%ce", "--all")
	command.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	out, err := command.Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(out)) {
		name, mail, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\x00")
		require.True(t, ok)
		for _, p := range []stage.Person{{Name: name, Mail: mail}, {Name: "Somebody", Mail: mail}, {Name: strings.ToUpper(name), Mail: strings.ToUpper(mail)}} {
			// git check-mailmap reads a line of its own, in which these would be
			// read otherwise.
			if !strings.ContainsAny(p.Name+p.Mail, "<>") && p.Name == strings.TrimSpace(p.Name) {
				seen[p] = true
			}
		}
	}
	people := make([]stage.Person, 0, len(seen))
	for p := range seen {
		people = append(people, p)
	}
	slices.SortFunc(people, func(a, b stage.Person) int { return strings.Compare(a.Name+"\x00"+a.Mail, b.Name+"\x00"+b.Mail) })
	want := checkMailmap(t, repo, people)
	m := mailmapOf(t, repo)
	changed := 0
	for i, p := range people {
		if want[i] != p {
			changed++
		}
		assert.Equal(t, want[i], m.Map(p), "%v", p)
	}
	t.Logf("%d people, %d of them mapped to others", len(people), changed)
	assert.NotZero(t, len(people))
}
