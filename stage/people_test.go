package stage_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// mailmapText is a mailmap as a source.
type mailmapText string

func (m mailmapText) Mailmap(context.Context) (*stage.Mailmap, error) {
	if m == "broken" {
		return nil, errors.New("broken")
	}
	return stage.ParseMailmap(string(m)), nil
}

func withPeople(t *testing.T, p *stage.People, c *stage.Commit) *stage.Commit {
	t.Helper()
	require.NoError(t, p.Open(t.Context()))
	require.NoError(t, p.Process(t.Context(), c, func(*stage.Commit) {}))
	return c
}

func TestPeopleAreMapped(t *testing.T) {
	c := &stage.Commit{
		Author:    stage.Signature{Name: "old", Mail: "old@x.org"},
		Committer: stage.Signature{Name: "C", Mail: "c@x.org"},
	}
	c.SetMessage("s\n\nReviewed-by: R <r@x.org> # area\nAcked-by: old <OLD@x.org>\nReviewed-and-tested-by: R <r@x.org>\n" +
		"Cc: X <x@x.org>\nReported-by: Y <y@x.org>\nTested-by: Z\nTested-by: z@x.org\nSigned-off-by: C <c@x.org>\n")
	withPeople(t, &stage.People{Mailmaps: mailmapText("New <new@x.org> <old@x.org>\n")}, c)
	assert.Equal(t, stage.Person{Name: "New", Mail: "new@x.org"}, c.MappedAuthor)
	assert.Equal(t, stage.Person{Name: "C", Mail: "c@x.org"}, c.MappedCommitter)
	assert.Equal(t, stage.Signature{Name: "old", Mail: "old@x.org"}, c.Author, "as it was")
	assert.Equal(t, []stage.Person{{Name: "R", Mail: "r@x.org"}, {Name: "New", Mail: "new@x.org"}, {Name: "Z"}, {Mail: "z@x.org"}}, c.Reviewers)
}

func TestPeopleWithoutAMailmap(t *testing.T) {
	c := withPeople(t, &stage.People{}, &stage.Commit{Author: stage.Signature{Name: "A", Mail: "a@x.org"}})
	assert.Equal(t, stage.Person{Name: "A", Mail: "a@x.org"}, c.MappedAuthor)
	assert.ErrorContains(t, (&stage.People{Mailmaps: mailmapText("broken")}).Open(t.Context()), "People: mailmap: broken")
}

func TestBots(t *testing.T) {
	for _, c := range []struct{ name, mail, want string }{
		{"dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com", "[bot]"},
		{"github-actions[bot]", "x@x.org", "[bot]"},
		{"syzbot", "syzbot+0123456789abcdef@syzkaller.appspotmail.com", "syzbot"},
		{"Somebody", "syzbot@syzkaller.appspotmail.com", "syzbot"},
		{"kernel test robot", "lkp@intel.com", "kernel test robot"},
		{"kbuild test robot", "fengguang.wu@intel.com", "kernel test robot"},
		{"Dependabot", "support@dependabot.com", "dependency updates"},
		{"kernelci.org bot", "bot@kernelci.org", "continuous integration"},
		{"Hulk Robot", "hulkci@huawei.com", "continuous integration"},
		{"coverity-bot", "keescook+coverity-bot@x.org", "named a bot"},
		{"Abaci Robot", "x@x.org", "named a bot"},
		{"Patchwork", "patchwork-bot@x.org", "named a bot"},

		{"A U Thor", "author@x.org", ""},
		{"Jane Talbot", "jane.talbot@x.org", ""},
		{"Jean Rabot", "rabot@x.org", ""},
		{"R O Botics", "robotboy@x.org", ""},
		{"A", "someone@irobot.com", ""},
		{"U-Boot", "u-boot@lists.x.org", ""},
		{"", "", ""},
	} {
		commit := withPeople(t, &stage.People{}, &stage.Commit{Author: stage.Signature{Name: c.name, Mail: c.mail}})
		assert.Equal(t, c.want, commit.Bot, "%s <%s>", c.name, c.mail)
	}
}

func TestAssistance(t *testing.T) {
	for _, c := range []struct {
		value string
		want  []stage.Assistance
	}{
		{"Agent:model-1", []stage.Assistance{{Agent: "Agent", Model: "model-1"}}},
		{"Agent:model-1 [coccinelle] [sparse]", []stage.Assistance{{Agent: "Agent", Model: "model-1", Tools: []string{"coccinelle", "sparse"}}}},
		{"Agent:model-1 coccinelle sparse", []stage.Assistance{{Agent: "Agent", Model: "model-1", Tools: []string{"coccinelle", "sparse"}}}},
		{"Agent: model-1 [coccinelle, sparse]", []stage.Assistance{{Agent: "Agent", Model: "model-1", Tools: []string{"coccinelle", "sparse"}}}},
		{"Some Agent:model:5", []stage.Assistance{{Agent: "Some Agent", Model: "model:5"}}},
		{"Agent: [sparse]", []stage.Assistance{{Agent: "Agent", Tools: []string{"sparse"}}}},
		{"Agent Two [sparse]", []stage.Assistance{{Agent: "Agent Two", Tools: []string{"sparse"}}}},
		{"Agent Five <noreply@x.org>", []stage.Assistance{{Agent: "Agent Five"}}},
		{":", nil},
		{"[]", nil},
	} {
		commit := &stage.Commit{Trailers: []stage.Trailer{{Key: "assisted-by", Value: c.value}}}
		assert.Equal(t, c.want, withPeople(t, &stage.People{}, commit).Assistance, c.value)
	}
}

// FuzzPeople reads trailers of any text.
func FuzzPeople(f *testing.F) {
	f.Add("Assisted-by", "A:m [t]", "syzbot")
	f.Add("Reviewed-by", "A <a@x.org", "x-bot")
	f.Add("-and--by", "<>", "")
	f.Fuzz(func(t *testing.T, key, value, name string) {
		c := &stage.Commit{Author: stage.Signature{Name: name}, Trailers: []stage.Trailer{{Key: key, Value: value}}}
		withPeople(t, &stage.People{}, c)
	})
}
