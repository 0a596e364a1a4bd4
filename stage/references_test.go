package stage

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	hashA = "1da177e4c3f41524e886b7f1b8a0c1fc7321cac2"
	hashB = "77b9c4a438fc66e2ab004c411056b3fb71a54f2c"
)

func TestReferencesReadsEveryFormOfFixes(t *testing.T) {
	fixes := func(hex, subject string) []Reference {
		return []Reference{{Kind: Fixes, Hex: hex, Subject: subject}}
	}
	tests := []struct {
		name, lines string
		want        []Reference
	}{
		{"rule", `Fixes: 54a4f0239f2e ("KVM: MMU: free pages")`, fixes("54a4f0239f2e", "KVM: MMU: free pages")},
		{"five digits", `Fixes: 54a4f ("KVM: MMU: free pages")`, fixes("54a4f", "KVM: MMU: free pages")},
		{"whole hash", "Fixes: " + hashA, fixes(hashA, "")},
		{"upper case", `FIXES: 54A4F0239F2E ("KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"word commit", `Fixes: commit 54a4f0239f2e ("KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"Commit with colon", `Fixes: Commit: 54a4f0239f2e ("KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"key twice", `Fixes: Fixes: 54a4f0239f2e ("KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"no blank", `Fixes:54a4f0239f2e("KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"angle brackets", `Fixes: <54a4f0239f2e> ("KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"no quotes", `Fixes: 54a4f0239f2e (KVM: free kvm_page())`, fixes("54a4f0239f2e", "KVM: free kvm_page()")},
		{"no brackets", `Fixes: 54a4f0239f2e "KVM: free"`, fixes("54a4f0239f2e", "KVM: free")},
		{"bare subject", `Fixes: 54a4f0239f2e KVM: free pages`, fixes("54a4f0239f2e", "KVM: free pages")},
		{"colon and subject", `Fixes: 54a4f0239f2e: ("KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"single quotes", `Fixes: 54a4f0239f2e ('KVM: free "x" pages')`, fixes("54a4f0239f2e", `KVM: free "x" pages`)},
		{"typographic quotes", `Fixes: 54a4f0239f2e (“KVM: free”)`, fixes("54a4f0239f2e", "KVM: free")},
		{"odd brackets", `Fixes: 54a4f0239f2e {"KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"brackets within quotes", `Fixes: 54a4f0239f2e "(KVM: free)"`, fixes("54a4f0239f2e", "(KVM: free)")},
		{"closing bracket missing", `Fixes: 54a4f0239f2e ("KVM: free"`, fixes("54a4f0239f2e", "KVM: free")},
		{"dot at the end", `Fixes: 54a4f0239f2e ("KVM: free").`, fixes("54a4f0239f2e", "KVM: free")},
		{"words after it", `Fixes: 54a4f0239f2e ("KVM: free") for x86`, fixes("54a4f0239f2e", "KVM: free")},
		{"comment after it", `Fixes: 54a4f0239f2e # v5.4+`, fixes("54a4f0239f2e", "")},
		{"date after it", `Fixes: 54a4f0239f2e (KVM: free, 2024-10-28)`, fixes("54a4f0239f2e", "KVM: free")},
		{"quoted revert", `Fixes: 54a4f0239f2e ("Revert "KVM: free"")`, fixes("54a4f0239f2e", `Revert "KVM: free"`)},
		{"wrapped", "Fixes: 54a4f0239f2e (\"KVM: free\npages\")\nCc: x", fixes("54a4f0239f2e", "KVM: free pages")},
		{"wrapped and indented", "Fixes: 54a4f0239f2e (\"KVM:\n\tfree\n\tpages\")", fixes("54a4f0239f2e", "KVM: free pages")},
		{"wrapped, then a trailer", "Fixes: 54a4f0239f2e (\"KVM: free\nSigned-off-by: A <a@x>", fixes("54a4f0239f2e", "KVM: free")},
		{"CRLF", "Fixes: 54a4f0239f2e (\"KVM: free\")\r\nCc: x\r\n", fixes("54a4f0239f2e", "KVM: free")},
		{"value on the next line", "Fixes:\ncommit 54a4f0239f2e (\"KVM: free\")", fixes("54a4f0239f2e", "KVM: free")},
		{"colon forgotten", `Fixes 54a4f0239f2e ("KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"colon forgotten, commit", `Fixes commit 54a4f0239f2e ("KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"words before it", `Fixes: broken reset after 54a4f0239f2e ("KVM: free")`, fixes("54a4f0239f2e", "KVM: free")},
		{"the wrong way round", `Fixes: KVM: free kvm_page() ("54a4f0239f2e")`, fixes("54a4f0239f2e", "KVM: free kvm_page()")},
		{"subject alone", `Fixes: ("KVM: free")`, fixes("", "KVM: free")},
		{"a subject with an address", `Fixes: 54a4f02 ("Merge branch 'x' of git://y/z")`, fixes("54a4f02", "Merge branch 'x' of git://y/z")},
		{"several on a line", `Fixes: 54a4f0239f2e, 1da177e4c3f4`, append(fixes("54a4f0239f2e", ""), fixes("1da177e4c3f4", "")...)},
		{"several with subjects", `Fixes: 54a4f0239f2e ("a") and commit 1da177e4c3f4 ("b")`, append(fixes("54a4f0239f2e", "a"), fixes("1da177e4c3f4", "b")...)},
		{"several lines", "Fixes: 54a4f0239f2e (\"a\")\nFixes: 1da177e4c3f4 (\"b\")", append(fixes("54a4f0239f2e", "a"), fixes("1da177e4c3f4", "b")...)},
		{"hex letters only, with a subject", `Fixes: deadbeef ("KVM: free")`, fixes("deadbeef", "KVM: free")},

		{"URL", `Fixes: https://example.org/issues/9`, []Reference{{Kind: Fixes, Reason: UnresolvedMalformed}}},
		{"URL of a commit", `Fixes: https://example.org/commit/` + hashA, []Reference{{Kind: Fixes, Reason: UnresolvedMalformed}}},
		{"issue number", `Fixes: #123`, []Reference{{Kind: Fixes, Reason: UnresolvedMalformed}}},
		{"Coverity number", `Fixes: CID 348360000`, []Reference{{Kind: Fixes, Reason: UnresolvedMalformed}}},
		{"a word of hex letters", `Fixes: decade old bug`, []Reference{{Kind: Fixes, Reason: UnresolvedMalformed}}},
		{"too many digits", `Fixes: ` + hashA + "0", []Reference{{Kind: Fixes, Reason: UnresolvedMalformed}}},

		{"prose", "Fixes the build on ARM since 1da177e4c3f4.", nil},
		{"colonless without a quoted subject", "Fixes 1da177e4c3f4, sort of", nil},
		{"a list under it", "Fixes:\n- the build\n- the docs", nil},
		{"another message quoted", "    Fixes: 54a4f0239f2e (\"KVM: free\")", nil},
		{"in a line", "See Fixes: 54a4f0239f2e", nil},
		{"another key", "Fixes-for: 54a4f0239f2e", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, References("KVM: repair it\n\nSome words.\n\n"+test.lines+"\n"))
			assert.Equal(t, test.want, References("KVM: repair it\n\n"+test.lines), "as the last line, without a newline")
		})
	}
}

func TestReferencesReadsEveryFormOfRevert(t *testing.T) {
	revert := func(hex, subject string) Reference {
		return Reference{Kind: Reverts, Hex: hex, Subject: subject}
	}
	partial := func(r Reference) Reference { r.Partial = true; return r }
	tests := []struct {
		name, message string
		want          []Reference
	}{
		{"git's own", "Revert \"net: x\"\n\nThis reverts commit " + hashA + ".\n",
			[]Reference{revert(hashA, "net: x")}},
		{"without an empty line", "net: Revert \"net: x\"\nThis reverts commit " + hashA + ".\n\nIt broke.\n",
			[]Reference{revert(hashA, "net: x")}},
		{"without an empty line, with the subject", "Revert \"net: x\"\nThis reverts commit 1da177e4c3f4 (\"net: x\").\n",
			[]Reference{revert("1da177e4c3f4", "net: x")}},
		{"two lines without full stops", "net: undo\n\nThis reverts commit " + hashA + "\nThis reverts commit " + hashB + "\n",
			[]Reference{revert(hashA, ""), revert(hashB, "")}},
		{"of a merge", "Revert \"Merge y\"\n\nThis reverts commit " + hashA + ", reversing\nchanges made to " + hashB + ".\n",
			[]Reference{revert(hashA, "Merge y")}},
		{"without a hash", "Revert \"net: x\"\n\nIt broke.\n",
			[]Reference{revert("", "net: x")}},
		{"after an area", "net: Revert \"net: x\" and fix callers\n\nIt broke.\n",
			[]Reference{revert("", "net: x")}},
		{"wrapped subject", "Revert \"net:\nx\"\n\nIt broke.\n",
			[]Reference{revert("", "net: x")}},
		{"of a revert", "Revert \"Revert \"net: x\"\"\n\nThis reverts commit " + hashA + ".\n",
			[]Reference{revert(hashA, `Revert "net: x"`), {Kind: Reapplies, Subject: "net: x"}}},
		{"of a revert, escaped", "Revert \"Revert \\\"net: x\\\"\"\n",
			[]Reference{revert("", `Revert "net: x"`), {Kind: Reapplies, Subject: "net: x"}}},
		{"reapply", "Reapply \"net: x\"\n\nThis reverts commit " + hashA + ".\n",
			[]Reference{revert(hashA, `Revert "net: x"`), {Kind: Reapplies, Subject: "net: x"}}},
		{"of a reapply", "Revert \"Reapply \"net: x\"\"\n\nThis reverts commit " + hashA + ".\n",
			[]Reference{revert(hashA, `Reapply "net: x"`)}},
		{"three deep", "Revert \"Revert \"Revert \"net: x\"\"\"\n",
			[]Reference{revert("", `Revert "Revert "net: x""`)}},
		{"four deep", "Revert \"Revert \"Reapply \"net: x\"\"\"\n",
			[]Reference{revert("", `Revert "Reapply "net: x""`), {Kind: Reapplies, Subject: "net: x"}}},
		{"with a subject", "net: undo\n\nThis reverts commit 1da177e4c3f4 (\"net: x\n y\").\n",
			[]Reference{revert("1da177e4c3f4", "net: x y")}},
		{"with a reason", "net: undo\n\nThis reverts commit 1da177e4c3f4, which broke.\n",
			[]Reference{revert("1da177e4c3f4", "")}},
		{"effectively", "net: undo\n\nThis effectively reverts commit 1da177e4c3f4.\n",
			[]Reference{revert("1da177e4c3f4", "")}},
		{"imperative", "net: undo\n\nRevert commit 1da177e which broke.\n",
			[]Reference{revert("1da177e", "")}},
		{"in the subject", "Revert 1da177e4c3f4 (\"net: x\")\n\nIt broke.\n",
			[]Reference{revert("1da177e4c3f4", "net: x")}},
		{"later in a paragraph", "net: undo\n\nIt broke. This reverts\ncommit 1da177e4c3f4.\n",
			[]Reference{revert("1da177e4c3f4", "")}},
		{"two", "net: undo\n\nThis reverts commit " + hashA + " and commit\n" + hashB + ".\n",
			[]Reference{revert(hashA, ""), revert(hashB, "")}},
		{"two sentences", "net: undo\n\nThis reverts commit " + hashA + ".\n\nThis also reverts commit " + hashB + ".\n",
			[]Reference{revert(hashA, ""), revert(hashB, "")}},
		{"a list", "net: undo\n\nThis reverts the following commits:\n\n- commit 1da177e4c3f4 (\"net:\n  x\")\n- 77b9c4a438fc net: y\n\nThey broke.\n",
			[]Reference{revert("1da177e4c3f4", "net: x"), revert("77b9c4a438fc", "net: y")}},
		{"in part", "net: undo\n\nThis partially reverts commit 1da177e4c3f4.\n",
			[]Reference{partial(revert("1da177e4c3f4", ""))}},
		{"in parts", "Revert \"net: x\"\n\nThis reverts the parts of commit " + hashA + " that broke.\n",
			[]Reference{partial(revert(hashA, "net: x"))}},
		{"in part, by the subject", "Partially revert \"net: x\"\n\nIt broke.\n",
			[]Reference{partial(revert("", "net: x"))}},

		{"the word in a subject", "mmc: Set clock when reverting to safe bus mode\n\nUse it.\n", nil},
		{"revert to something", "net: revert to the old settings\n\nThey worked.\n", nil},
		{"an idea", "net: undo\n\nWe could also revert commit 1da177e4c3f4.\n", nil},
		{"what others did", "net: undo\n\nThe file was lost when Tom reverts commit 1da177e4c3f4.\n", nil},
		{"a quotation", "net: undo\n\n> This reverts commit 1da177e4c3f4.\n", nil},
		{"a message quoted", "net: undo\n\n    This reverts commit 1da177e4c3f4.\n", nil},
		{"a changelog", "Merge branch x\n\n- Revert 1da177e4c3f4 from upstream\n", nil},
		{"another project", "net: sync\n\nThis effectively reverts Linux commit 1da177e4c3f4.\n", nil},
		{"a reverted commit", "net: undo\n\nThis was reverted in commit 1da177e4c3f4.\n", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { assert.Equal(t, test.want, References(test.message)) })
	}
}

func TestReferencesReadsBackportMarkers(t *testing.T) {
	of := []Reference{{Kind: BackportOf, Hex: hashA}}
	tests := []struct {
		name, line string
		want       []Reference
	}{
		{"stable", "commit " + hashA + " upstream.", of},
		{"stable, upper case", "Commit " + strings.ToUpper(hashA) + " upstream.", of},
		{"stable, in brackets", "[ Upstream commit " + hashA + " ]", of},
		{"with a colon", "[ upstream commit: " + hashA + " ]", of},
		{"the other order", "[ upstream " + hashA + " commit ]", of},
		{"git", "(cherry picked from commit " + hashA + ")", of},
		{"git, wrapped", "(cherry picked from commit\n" + hashA + ")", of},
		{"hyphen", "(cherry-picked from commit " + hashA + ")", of},
		{"with a tree", "(cherry picked from linux-next commit " + hashA + ")", of},
		{"distribution", "(backported from commit " + hashA + " linux-next)", of},
		{"web page", "[cherry picked from commit https://example.org/x/commit/" + hashA + " with changes]", of},
		{"abbreviated", "commit 1da177e4c3f4 upstream.", []Reference{{Kind: BackportOf, Hex: "1da177e4c3f4"}}},

		{"a sentence", "The upstream commit 1da177e4c3f4 broke it.", nil},
		{"a sentence that begins so", "Upstream commit 1da177e4c3f4 broke it.", nil},
		{"another sentence", "commit 1da177e4c3f4 broke upstream.", nil},
		{"no hash", "(cherry picked from the vendor's tree)", nil},
		{"quoted", "> commit " + hashA + " upstream.", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, References("net: x\n\n"+test.line+"\n\nWhy.\n"))
		})
	}
}

func TestReferencesOfAPlainMessageCostNoMemory(t *testing.T) {
	allocations := testing.AllocsPerRun(100, func() { References(plainMessage) })
	assert.Zero(t, allocations)
}

func TestReferencesAreBounded(t *testing.T) {
	for name, message := range map[string]string{
		"many Fixes lines": strings.Repeat("Fixes: 1da177e4c3f4 (\"x\")\n", 5000),
		"one long list":    "x\n\nThis reverts commit 1da177e4c3f4" + strings.Repeat(", 1da177e4c3f4", 5000),
		"many reverts":     "x\n\n" + strings.Repeat("This reverts commit 1da177e4c3f4.\n", 5000),
		"long revert list": "x\n\nThis reverts:\n" + strings.Repeat("- 1da177e4c3f4\n", 5000),
		"nested reverts":   strings.Repeat("Revert \"", 100_000) + "x",
		"sentence of this": "x\n\n" + strings.Repeat("this ", 100_000) + "reverts",
		"open quotes":      strings.Repeat("Fixes: 1da177e4c3f4 (\"x\n", 5000),
		"one long line":    "x\n\n" + strings.Repeat(". revert ", 300_000),
		"long indentation": "x\n\n" + strings.Repeat(" ", 3_000_000) + strings.Repeat(" revert", 300_000),
		"long blank lines": "x\n\n" + strings.Repeat("           \n", 300_000) + "revert",
		"hexadecimal text": "x\n\nFixes: x" + strings.Repeat(" a1a1a1a1-", 300_000),
	} {
		assert.LessOrEqual(t, len(References(message)), maxStatements+1, name)
	}
}

const plainMessage = `net: phy: motorcomm: use the right delay

The delay of the receive clock is a multiple of 150 ps, and the driver rounded
it down. Boards with long traces lose packets because of it. Round to the
nearest step instead, since that is what the data sheet recommends.

Signed-off-by: A U Thor <author@example.com>
Reviewed-by: R E Viewer <reviewer@example.com>
`

const linkedMessage = `net: phy: motorcomm: use the right delay

[ Upstream commit 1da177e4c3f41524e886b7f1b8a0c1fc7321cac2 ]

The delay of the receive clock is a multiple of 150 ps, and the driver rounded
it down. Boards with long traces lose packets because of it.

Fixes: 54a4f0239f2e ("net: phy: motorcomm: add the delay of the receive clock")
Signed-off-by: A U Thor <author@example.com>
Reviewed-by: R E Viewer <reviewer@example.com>
`

func BenchmarkReferences(b *testing.B) {
	for _, bench := range []struct{ name, message string }{
		{"plain", plainMessage},
		{"fix and backport", linkedMessage},
		{"revert", "Revert \"net: x\"\n\nThis reverts commit " + hashA + ".\n\nIt broke the boot.\n"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bench.message)))
			for b.Loop() {
				References(bench.message)
			}
		})
	}
}

func FuzzReferences(f *testing.F) {
	for _, seed := range []string{
		"", plainMessage, linkedMessage,
		"Revert \"Revert \\\"net: x\\\"\"\n\nThis reverts commit " + hashA + ", reversing\nchanges made to " + hashB + ".\n",
		"Reapply \"x\"\n\nThis reverts commit " + hashA + " and commit\n" + hashB + ".\n",
		"x\n\nThis partially reverts:\n\n- commit 1da177e4c3f4 (\"a\n b\")\n* 77b9c4a438fc c\n",
		"x\n\nFixes: broken after 1da177e4c3f4 (“y”)\nFixes: ('z\nFixes:\nFixes: x (\"1da177e4c3f4\")\n",
		"x\n\n(cherry picked from commit https://a/commit/" + hashA + " and =" + hashB + "\n[ Upstream commit\n",
		"x\n\nFixes: 1da177e4c3f4 (net: a, 2024-10-28)\nfixes commit 1da177e: (\"\x00\xff\")\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		for _, s := range statements(message) {
			require.LessOrEqual(t, len(s.Hex), 40)
			require.Equal(t, strings.ToLower(s.Hex), s.Hex)
			require.Empty(t, strings.Trim(s.Hex, "0123456789abcdef"), "only hexadecimal digits")
			require.NotContains(t, s.Subject, "\n")
			if s.Reason == "" {
				require.True(t, s.Hex != "" || s.Subject != "", "names a commit")
			} else {
				require.Equal(t, UnresolvedMalformed, s.Reason)
			}
			require.Contains(t, message, s.text, "evidence is text of the message")
		}
	})
}
