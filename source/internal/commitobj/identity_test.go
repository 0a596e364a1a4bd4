package commitobj

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/commitflow/commitflow/stage"
)

// identityTests are author lines and what is read of them. TestParseAsGit
// holds git against the same lines.
var identityTests = []struct {
	name, line string
	want       stage.Signature
	repaired   []string
}{
	{name: "plain", line: "A U Thor <a@b.c> 1112911993 -0700", want: stage.Signature{Name: "A U Thor", Mail: "a@b.c", Seconds: 1112911993, Zone: -700}},
	{name: "no name", line: "<a@b.c> 1 +0000", want: stage.Signature{Mail: "a@b.c", Seconds: 1}},
	{name: "an empty name", line: " <a@b.c> 1 +0000", want: stage.Signature{Mail: "a@b.c", Seconds: 1}},
	{name: "no space before the mail", line: "A<a@b.c> 1 +0000", want: stage.Signature{Name: "A", Mail: "a@b.c", Seconds: 1}},
	{name: "an empty mail", line: "A <> 1 +0000", want: stage.Signature{Name: "A", Seconds: 1}},
	{name: "nothing at all", line: "<> 1 +0000", want: stage.Signature{Seconds: 1}},
	{name: "spaces", line: "  A   < a@b.c >   1   +0000", want: stage.Signature{Name: "  A", Mail: " a@b.c ", Seconds: 1}},
	{name: "less-than in the name", line: "A <B> C <a@b.c> 1 +0000", want: stage.Signature{Name: "A", Mail: "B", Seconds: 1}},
	{name: "less-than without an end", line: "A < B <a@b.c> 1 +0000", want: stage.Signature{Name: "A", Mail: " B <a@b.c", Seconds: 1}},
	{name: "greater-than in the name", line: "A> B <a@b.c> 1 +0000", want: stage.Signature{Name: "A> B", Mail: "a@b.c", Seconds: 1}},
	{name: "mail in double brackets", line: "A <<a@b.c>> 1 +0000", want: stage.Signature{Name: "A", Mail: "<a@b.c", Seconds: 1}},
	{name: "text after the mail", line: "A <a@b.c> B> 1 +0000", want: stage.Signature{Name: "A", Mail: "a@b.c", Seconds: 1}},
	{name: "UTF-8", line: "Ä <ä@b.c> 1 +0000", want: stage.Signature{Name: "Ä", Mail: "ä@b.c", Seconds: 1}},
	{name: "Latin-1", line: "\xc4 <\xe4@b.c> 1 +0000", want: stage.Signature{Name: "Ä", Mail: "ä@b.c", Seconds: 1}, repaired: []string{"not UTF-8: read as Latin-1"}},
	{name: "Latin-1 in the mail only", line: "A <\xe4@b.c> 1 +0000", want: stage.Signature{Name: "A", Mail: "ä@b.c", Seconds: 1}, repaired: []string{"not UTF-8: read as Latin-1"}},

	{name: "no mail", line: "A U Thor 12 +0100", want: stage.Signature{Name: "A U Thor", Seconds: 12, Zone: 100}, repaired: []string{"no mail address"}},
	{name: "no mail and no zone", line: "A U Thor 12", want: stage.Signature{Name: "A U Thor", Seconds: 12}, repaired: []string{"no mail address", "no time zone: read as UTC"}},
	{name: "only a name", line: "A U Thor", want: stage.Signature{Name: "A U Thor"}, repaired: []string{"no mail address", "no time: read as 1970"}},
	{name: "only a time", line: "12 +0100", want: stage.Signature{Seconds: 12, Zone: 100}, repaired: []string{"no mail address"}},
	{name: "an address without an end", line: "A <a@b.c 12 +0100", want: stage.Signature{Name: "A", Mail: "a@b.c", Seconds: 12, Zone: 100}, repaired: []string{"the mail address has no end"}},
	{name: "nothing", line: "", repaired: []string{"no mail address", "no time: read as 1970"}},

	{name: "1970", line: "A <a> 0 +0000", want: stage.Signature{Name: "A", Mail: "a"}},
	{name: "after 2038", line: "A <a> 4294967296 +0000", want: stage.Signature{Name: "A", Mail: "a", Seconds: 1 << 32}},
	{name: "the last second", line: "A <a> 9223372036854775807 +0000", want: stage.Signature{Name: "A", Mail: "a", Seconds: math.MaxInt64}},
	{name: "one more", line: "A <a> 9223372036854775808 +0000", want: stage.Signature{Name: "A", Mail: "a"}, repaired: []string{"the time is out of range: read as 1970"}},
	{name: "far too large", line: "A <a> 99999999999999999999999999999999 +0100", want: stage.Signature{Name: "A", Mail: "a"}, repaired: []string{"the time is out of range: read as 1970"}},
	{name: "leading zeros", line: "A <a> 0000000000000000000000000000000012 +0000", want: stage.Signature{Name: "A", Mail: "a", Seconds: 12}},
	{name: "before 1970", line: "A <a> -100 +0100", want: stage.Signature{Name: "A", Mail: "a", Seconds: -100, Zone: 100}},
	{name: "no number", line: "A <a> today +0000", want: stage.Signature{Name: "A", Mail: "a"}, repaired: []string{"the time is not a number: read as 1970"}},
	{name: "half a number", line: "A <a> 12x +0000", want: stage.Signature{Name: "A", Mail: "a"}, repaired: []string{"the time is not a number: read as 1970"}},
	{name: "a fraction", line: "A <a> 12.5 +0000", want: stage.Signature{Name: "A", Mail: "a"}, repaired: []string{"the time is not a number: read as 1970"}},
	{name: "only a sign", line: "A <a> - +0000", want: stage.Signature{Name: "A", Mail: "a"}, repaired: []string{"the time is not a number: read as 1970"}},
	{name: "no time", line: "A <a>", want: stage.Signature{Name: "A", Mail: "a"}, repaired: []string{"no time: read as 1970"}},
	{name: "no time, but a space", line: "A <a> ", want: stage.Signature{Name: "A", Mail: "a"}, repaired: []string{"no time: read as 1970"}},

	{name: "no zone", line: "A <a> 12", want: stage.Signature{Name: "A", Mail: "a", Seconds: 12}, repaired: []string{"no time zone: read as UTC"}},
	{name: "a zone by name", line: "A <a> 12 UTC", want: stage.Signature{Name: "A", Mail: "a", Seconds: 12}, repaired: []string{"no time zone: read as UTC"}},
	{name: "a zone without a space", line: "A <a> 12-0330", want: stage.Signature{Name: "A", Mail: "a", Seconds: 12, Zone: -330}},
	{name: "three days west", line: "A <a> 12 -7200", want: stage.Signature{Name: "A", Mail: "a", Seconds: 12, Zone: -7200}},
	{name: "six digits", line: "A <a> 12 +051800", want: stage.Signature{Name: "A", Mail: "a", Seconds: 12, Zone: 51800}},
	{name: "three digits", line: "A <a> 12 -800", want: stage.Signature{Name: "A", Mail: "a", Seconds: 12, Zone: -800}},
	{name: "minus nothing", line: "A <a> 12 -0000", want: stage.Signature{Name: "A", Mail: "a", Seconds: 12}},
	{name: "a zone out of range", line: "A <a> 12 +99999999999", want: stage.Signature{Name: "A", Mail: "a", Seconds: 12}, repaired: []string{"the time zone is out of range: read as UTC"}},
	{name: "text after the zone", line: "A <a> 12 +0100 x", want: stage.Signature{Name: "A", Mail: "a", Seconds: 12, Zone: 100}},
}

func TestIdentity(t *testing.T) {
	for _, test := range identityTests {
		t.Run(test.name, func(t *testing.T) {
			c := parse(t, treeLine+"author "+test.line+"\n"+committer+"\nm\n")
			assert.Equal(t, test.want, c.Author)
			assert.Equal(t, mitter, c.Committer)
			var repaired []string
			for _, r := range c.Repaired {
				assert.Equal(t, "author", r.Field)
				repaired = append(repaired, r.What)
			}
			assert.Equal(t, test.repaired, repaired)
		})
	}
}
