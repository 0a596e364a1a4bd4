package stage_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

func TestMailmapForms(t *testing.T) {
	m := stage.ParseMailmap(`# comment <x@x.org>
Proper Name <name@x.org>
<mail@x.org> <Old@X.org>
Both <both@x.org> <b@x.org> # old address
Named <named@x.org> Old Name <n@x.org>
Later <later@x.org>
Latest <later@x.org>
no mail
<> <empty@x.org>
Nobody <nobody@x.org> <>
`)
	for _, c := range []struct{ name, mail, wantName, wantMail string }{
		{"A", "name@x.org", "Proper Name", "name@x.org"},
		{"A", "NAME@x.org", "Proper Name", "NAME@x.org"},
		{"A", "old@x.org", "A", "mail@x.org"},
		{"A", "b@x.org", "Both", "both@x.org"},
		{"OLD name", "n@x.org", "Named", "named@x.org"},
		{"Other Name", "n@x.org", "Other Name", "n@x.org"},
		{"A", "later@x.org", "Latest", "later@x.org"},
		{"A", "empty@x.org", "A", "empty@x.org"},
		{"A", "", "Nobody", "nobody@x.org"},
		{"A", "x@x.org", "A", "x@x.org"},
	} {
		assert.Equal(t, stage.Person{Name: c.wantName, Mail: c.wantMail}, m.Map(stage.Person{Name: c.name, Mail: c.mail}), "%s <%s>", c.name, c.mail)
	}
}

func TestNoMailmapChangesNobody(t *testing.T) {
	p := stage.Person{Name: "A", Mail: "a@x.org"}
	assert.Equal(t, p, (*stage.Mailmap)(nil).Map(p))
	assert.Equal(t, p, new(stage.Mailmap).Map(p))
	assert.Zero(t, (*stage.Mailmap)(nil).Len())
}

// Mailmaps put together at random mean what git takes them to mean.
func TestMailmapAsGit(t *testing.T) {
	names := []string{"A", "B Bee", "Old", "old", "É", "#", "x@x.org", "Old #", ""}
	mails := []string{"a@x.org", "b@x.org", "B@X.org", "c@x.org", "é@x.org", "", " a@x.org"}
	ends := []string{"\n", "\n", "\n", " \n", "\r\n", " # comment\n", " <third@x.org>\n"}
	rng := rand.New(rand.NewPCG(5, 3))
	pick := func(list []string) string { return list[rng.IntN(len(list))] }
	spaces := []string{" ", "", "  ", "\t"}
	repo := newPatchRepo(t)
	for range 60 {
		var text strings.Builder
		for range rng.IntN(8) {
			if rng.IntN(10) == 0 {
				text.WriteString("#")
			}
			text.WriteString(pick(spaces) + pick(names) + pick(spaces) + "<" + pick(mails) + ">")
			if rng.IntN(3) > 0 {
				text.WriteString(pick(spaces) + pick(names) + pick(spaces) + "<" + pick(mails) + ">")
			}
			text.WriteString(pick(ends))
		}
		require.NoError(t, os.WriteFile(filepath.Join(repo.dir, ".mailmap"), []byte(text.String()), 0o600))
		var people []stage.Person
		var lines strings.Builder
		for _, name := range names {
			for _, mail := range mails {
				p := stage.Person{Name: name, Mail: mail}
				people = append(people, p)
				lines.WriteString(name + " <" + mail + ">\n")
			}
		}
		m := stage.ParseMailmap(text.String())
		var got strings.Builder
		for _, p := range people {
			mapped := m.Map(p)
			if mapped.Name != "" {
				got.WriteString(mapped.Name + " ")
			}
			got.WriteString("<" + mapped.Mail + ">\n")
		}
		require.Equal(t, repo.gitIn(lines.String(), "check-mailmap", "--stdin"), got.String(), text.String())
	}
}

// FuzzMailmap maps people by anything.
func FuzzMailmap(f *testing.F) {
	f.Add("Name <a@x.org> Old <b@x.org>\n", "Old", "b@x.org")
	f.Add("<a@x.org> <b@x.org>\n#\n<\n>\n<>", "", "B@x.org")
	f.Add("A <", "A", "")
	f.Fuzz(func(t *testing.T, text, name, mail string) {
		m := stage.ParseMailmap(text)
		mapped := m.Map(stage.Person{Name: name, Mail: mail})
		if mapped.Mail != mail && !strings.Contains(text, "<"+mapped.Mail+">") {
			t.Errorf("%q is not of the text", mapped.Mail)
		}
	})
}
