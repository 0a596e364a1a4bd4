package stage

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func classified(t testing.TB, k Classifier, c *Commit) []Tag {
	t.Helper()
	require.NoError(t, k.Process(t.Context(), c, func(passed *Commit) { require.Same(t, c, passed) }))
	return c.Tags
}

// firstTags are those of the tests that say all of what a commit is tagged with;
// the others have their own.
var firstTags = []string{TagSecurity, TagPerformance, TagRefactor, TagDocumentation, TagDriver, TagBackport, TagRevert}

// onlyFirst leaves the other tags out, and the confidences, which are measured.
func onlyFirst(tags []Tag) (first []Tag) {
	for _, tag := range tags {
		if slices.Contains(firstTags, tag.Name) {
			tag.Confidence = 0
			first = append(first, tag)
		}
	}
	return first
}

func tagNames(tags []Tag) []string {
	var names []string
	for _, tag := range tags {
		names = append(names, tag.Name)
	}
	return names
}

func TestClassifierReadsSubjects(t *testing.T) {
	tests := []struct{ subject, tag, text string }{
		{"net: fix use-after-free in the receive path", TagSecurity, "use-after-free"},
		{"net: fix Use After Free in the receive path", TagSecurity, "Use After Free"},
		{"fs/squashfs: fix heap buffer overflow in sqfs_frag_lookup()", TagSecurity, "buffer overflow"},
		{"drivers: qe: avoid double free()", TagSecurity, "double free"},
		{"CVE-2019-13104: ext4: check for underflow", TagSecurity, "CVE-2019-13104"},
		{"zlib: port the fix for CVE-2016-9841", TagSecurity, "CVE-2016-9841"},
		{"usb: prevent an info leak to user space", TagSecurity, "info leak"},
		{"* Patch by L. Mohin, 10 Feb 2004: Fix buffer overflow in usb.c", TagSecurity, "buffer overflow"},

		{"mm: fix memory leak in the error path", "", ""},
		{"net: plug a leak", "", ""},
		{"net: remove a stale comment about leaks", "", ""},
		{"net: remove a stale comment about a use after free", "", ""},
		{"net: fix locking around the queue", "", ""},
		{"net: fix a race in probe", "", ""},
		{"ARM: add secure section for initialized data", "", ""},
		{"security: selinux: add a variable", "", ""},
		{"mtd: nand: increase the max OOB size", "", ""},
		{"ext4: fix crash on directory traversal", "", ""},
		{"fs: fat: avoid out of bounds access warning", "", ""},
		{"test: lmb: check for a buffer overflow", "", ""},
		{"net: fix a use-after-free false positive", "", ""},
		{"net: not a use-after-free", "", ""},
		{"arm: cve: add the CVE board", "", ""},
		{"net: fix nonuse after freeing", "", ""},
		{"Revert \"net: fix use-after-free in the receive path\"", TagRevert, `Revert "net: fix use-after-free in the receive path"`},
		{"Merge patch series \"net: fix use-after-free\"", "", ""},

		{"x86: Speed up copy-to-RAM", TagPerformance, "Speed up"},
		{"console: improve TFTP booting performance", TagPerformance, "improve TFTP booting performance"},
		{"zlib: Fix big performance regression", TagPerformance, "performance regression"},
		{"arm: optimize relocate_code routine", TagPerformance, "optimize"},
		{"perf: add a counter", "", ""},
		{"ddr: imx9: enable Performance monitor counter", "", ""},
		{"pinctrl: Optimize pinctrl image size", "", ""},
		{"net: do not optimize for speed", "", ""},
		{"make: pass --optimize to the tool", "", ""},
		{"build: Link Time Optimizations", "", ""},
		{"i2c: support for fast-plus speed", "", ""},

		{"fs: fat: Refactor dirty flag handling", TagRefactor, "Refactor"},
		{"clk: scmi: factor out clock control flags resolution", TagRefactor, "factor out"},
		{"dm: rename device_bind() to device_bind_offset()", TagRefactor, "rename device_bind() to device_bind_offset()"},
		{"cmd: move meminfo command into its own file", TagRefactor, "move meminfo command into its own file"},
		{"net: unify the parameters of two functions", TagRefactor, "unify the parameters of two functions"},
		{"init: unify the options with those of the tool", "", ""},
		{"libbpf: handle dedup of types", "", ""},
		{"net: enable the stack and consolidate error handling", "", ""},
		{"cmd: adtimg: refactor usage style", "", ""},
		{"ci: consolidate the lists of tests", "", ""},
		{"efi_loader: support file rename in SetInfo()", "", ""},
		{"net: fix the breakage after refactoring", "", ""},
		{"net: call refactor() first", "", ""},
		{"net: move lib/refactor.c elsewhere", "", ""},
		{"net: max_factor out of range", "", ""},
		{"doc: reorganize the board pages", "", ""},
		{"ARM: dts: rename LEDs to match the silkscreen", "", ""},

		{"BACKPORT: net: something", TagBackport, "BACKPORT"},
		{"of: upstream: net: something", "", ""},
		{"mmc: set clock when reverting to safe bus mode", "", ""},
		{"", "", ""},
	}
	for _, test := range tests {
		t.Run(test.subject, func(t *testing.T) {
			tags := onlyFirst(classified(t, Classifier{}, &Commit{Subject: test.subject, Message: test.subject + "\n"}))
			if test.tag == "" {
				assert.Empty(t, tags)
				return
			}
			require.Equal(t, []string{test.tag}, tagNames(tags))
			evidence := tags[0].Evidence[0]
			assert.Equal(t, "subject", evidence.Field)
			assert.Equal(t, test.text, evidence.Text)
			assert.Contains(t, test.subject, evidence.Text, "as it stands there")
			assert.NotEmpty(t, evidence.Rule)
		})
	}
}

func TestClassifierReadsTrailers(t *testing.T) {
	syzbot := Trailer{Key: "Reported-by", Value: "syzbot+d5ea30b233e812cf7782@syzkaller.appspotmail.com"}
	stable := Trailer{Key: "Cc", Value: "<stable@vger.kernel.org> # 5.4.x"}
	tests := []struct {
		name, subject string
		trailers      []Trailer
		want          []Tag
	}{
		{"syzbot", "net: check the length", []Trailer{syzbot},
			[]Tag{{Name: TagSecurity, Strength: StrengthSyzbot, Evidence: []Evidence{{"syzbot", "trailer", "Reported-by: " + syzbot.Value}}}}},
		{"syzbot about a lock", "net: fix a deadlock", []Trailer{syzbot}, nil},
		{"syzbot in another role", "net: check the length", []Trailer{{Key: "Cc", Value: syzbot.Value}}, nil},
		{"a CVE", "net: check the length", []Trailer{{Key: "CVE", Value: "CVE-2024-42040"}},
			[]Tag{{Name: TagSecurity, Evidence: []Evidence{{"cve in trailer", "trailer", "CVE-2024-42040"}}}}},
		{"a CVE in an address", "net: check the length", []Trailer{{Key: "Link", Value: "https://example.org/vuln/CVE-2024-42040"}},
			[]Tag{{Name: TagSecurity, Evidence: []Evidence{{"cve in trailer", "trailer", "https://example.org/vuln/CVE-2024-42040"}}}}},
		{"a CVE in a quoted subject", "zlib: make it work", []Trailer{{Key: "Fixes", Value: `340fdf1303dc ("Port the fix for CVE-2016-9841")`}}, nil},
		{"the CVE team", "net: check the length", []Trailer{{Key: "Cc", Value: "cve@kernel.org"}}, nil},
		{"stable alone", "net: check the length", []Trailer{stable}, nil},
		{"stable with another", "net: fix a double free", []Trailer{stable},
			[]Tag{{Name: TagSecurity, Strength: StrengthStable, Evidence: []Evidence{{"memory safety", "subject", "double free"}, {"stable", "trailer", "Cc: " + stable.Value}}}}},
		{"a list of another name", "net: fix a double free", []Trailer{{Key: "Cc", Value: "unstable@vger.kernel.org"}},
			[]Tag{{Name: TagSecurity, Evidence: []Evidence{{"memory safety", "subject", "double free"}}}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := &Commit{Subject: test.subject, Message: test.subject + "\n", Trailers: test.trailers}
			assert.Equal(t, test.want, onlyFirst(classified(t, Classifier{}, c)))
		})
	}
}

func TestClassifierReadsPaths(t *testing.T) {
	tests := []struct {
		paths string
		want  []string
	}{
		{"drivers/net/phy/phy.c", []string{TagDriver}},
		{"drivers/net/a.c drivers/net/Kconfig include/net.h MAINTAINERS", []string{TagDriver}},
		{"drivers/net/a.c include/net.h net/core.c", nil},
		{"sound/soc/a.c", []string{TagDriver}},
		{"arch/arm/drivers/a.c", nil},
		{"Documentation/mm/slub.rst", []string{TagDocumentation}},
		{"tools/perf/Documentation/perf.txt", []string{TagDocumentation}},
		{"doc/usage/cmd/a.rst doc/usage/index.rst cmd/a.c", nil},
		{"doc/usage/cmd/a.rst doc/usage/index.rst doc/b.rst cmd/a.c", []string{TagDocumentation}},
		{"README", []string{TagDocumentation}},
		{"board/nxp/README.lx2160", []string{TagDocumentation}},
		{"drivers/net/README.md", []string{TagDocumentation, TagDriver}},
		{"CMakeLists.txt", nil},
		{"doc/sphinx/kernel_abi.py", nil},
		{"mydoc/a.c", nil},
		{"", nil},
	}
	for _, test := range tests {
		t.Run(test.paths, func(t *testing.T) {
			c := &Commit{Subject: "x: change it"}
			for name := range strings.FieldsSeq(test.paths) {
				c.Files = append(c.Files, FileChange{Kind: Modified, OldPath: name, NewPath: name})
			}
			tags := onlyFirst(classified(t, Classifier{}, c))
			assert.Equal(t, test.want, tagNames(tags))
			for _, tag := range tags {
				require.Len(t, tag.Evidence, 1)
				assert.Equal(t, "path", tag.Evidence[0].Field)
				assert.Contains(t, test.paths, tag.Evidence[0].Text)
			}
		})
	}
}

func TestClassifierReadsReferences(t *testing.T) {
	of := func(message string) []Tag {
		subject, _, _ := strings.Cut(message, "\n")
		return onlyFirst(classified(t, Classifier{}, &Commit{Subject: subject, Message: message}))
	}
	assert.Equal(t, []Tag{{Name: TagBackport, Evidence: []Evidence{{"marker", "body", "commit " + hashA + " upstream"}}}},
		of("net: x\n\ncommit "+hashA+" upstream.\n"))
	assert.Equal(t, []Tag{{Name: TagRevert, Evidence: []Evidence{{"statement", "body", "This reverts commit " + hashA}}}},
		of("Revert \"net: x\"\n\nThis reverts commit "+hashA+".\n"))
	assert.Equal(t, []Tag{{Name: TagRevert, Evidence: []Evidence{{"statement", "body", "This reverts commit " + hashA}}}},
		of("net: restore x\n\nThis reverts commit "+hashA+".\n"))
	assert.Equal(t, []Tag{
		{Name: TagSecurity, Evidence: []Evidence{{"memory safety", "subject", "double free"}}},
		{Name: TagRevert, Evidence: []Evidence{{"statement", "body", "This reverts commit " + hashA}}},
	}, of("Reapply \"net: fix double free\"\n\nThis reverts commit "+hashA+".\n"), "the fix is in effect again")
	assert.Empty(t, of("net: x\n\nThis fixes what commit "+hashA+" broke.\n"))
}

func TestClassifierKnowsFixesFeaturesTestsAndBuilds(t *testing.T) {
	tests := []struct {
		subject, body, paths string
		want                 []string
	}{
		{"net: fix the length check", "", "net/a.c", []string{TagFix}},
		{"net: Correct the length", "", "net/a.c", []string{TagFix}},
		{"net: check the length\n\nFixes: 123456789abc (\"net: add\")", "", "net/a.c", []string{TagFix}},
		{"net: plug a memory leak", "", "net/a.c", []string{TagFix}},
		{"net: fix typo in a comment", "", "net/a.c", nil},
		{"net: fix typos\n\nFixes: 123456789abc (\"net: add\")", "", "net/a.c", nil},
		{"net: support jumbo frames", "", "net/a.c", []string{TagFeature}},
		{"clk: add fixed rate clocks to the fixup table", "", "net/a.c", nil},
		{"net: Add support for a PHY", "", "net/a.c net/Kconfig net/Makefile", []string{TagFeature}},
		{"arm: mvebu: Add a watchdog driver", "", "net/a.c", []string{TagFeature}},
		{"cmd: implement the size command", "", "cmd/a.c", []string{TagFeature}},
		{"net: add missing headers", "", "net/a.c", nil},
		{"configs: x530: add IPv6 support", "", "configs/a", nil},
		{"net: remove support for a PHY", "", "net/a.c", nil},
		{"test: dm: check the clock", "", "test/dm/clk.c", []string{TagTest}},
		{"mm: check the clock", "", "mm/slub_kunit.c", []string{TagTest}},
		{"serial: add a test for puts", "", "drivers/a.c include/a.h test/dm/serial.c", []string{TagTest}},
		{"test/py: document the options", "", "test/py/README.md", nil},
		{"net: test the link first", "", "net/a.c", nil},
		{"Convert CONFIG_DS4510 to Kconfig", "", "README include/a.h", []string{TagBuild}},
		{"usb: order the options", "", "usb/Kconfig", []string{TagBuild}},
		{"net: new files", "", "net/Makefile net/a.c", nil},
		{"net: fix build error with GCC 4.6", "", "net/a.c", []string{TagFix, TagBuild}},
		{"net: wait for the link", "", "net/a.c", nil},
		{"Prepare v2021.10-rc5", "", "Makefile", nil},
		{"uapi: add a flag", "", "include/uapi/linux/net.h", []string{TagFeature, TagUAPI}},
		{"arm: new numbers", "", "arch/arm/include/uapi/asm/unistd.h arch/arm/kernel/a.c", []string{TagUAPI}},
		{"Revert \"net: fix the length check\"", "", "net/a.c", nil},
	}
	for _, test := range tests {
		t.Run(test.subject, func(t *testing.T) {
			c := &Commit{}
			c.SetMessage(test.subject + "\n")
			for name := range strings.FieldsSeq(test.paths) {
				c.Files = append(c.Files, FileChange{Kind: Modified, OldPath: name, NewPath: name})
			}
			var names []string
			for _, name := range tagNames(classified(t, Classifier{}, c)) {
				if !slices.Contains(firstTags, name) {
					names = append(names, name)
				}
			}
			assert.Equal(t, test.want, names)
		})
	}
}

// cveList is a list of vulnerabilities.
type cveList map[Hash][]CVE

func (l cveList) CVEs(commit Hash) []CVE { return l[commit] }

func (cveList) Configuration() map[string]string { return map[string]string{"vulns": "x"} }

func TestTagsHaveTheStrengthOfTheirEvidence(t *testing.T) {
	fix, bug := testHash("f1"), testHash("b1")
	list := cveList{
		fix: {{ID: "CVE-2024-0001", Role: CVEFix, Score: 7.5}, {ID: "CVE-2024-0002", Role: CVEIntroduces}},
		bug: {{ID: "CVE-2024-0001", Role: CVEIntroduces}},
	}
	of := func(hash Hash, message string) (*Commit, *Tag) {
		c := &Commit{Hash: hash}
		c.SetMessage(message)
		for _, tag := range classified(t, Classifier{CVEs: list}, c) {
			if tag.Name == TagSecurity {
				assert.Equal(t, precision[TagSecurity], tag.Confidence)
				return c, &tag
			}
		}
		return c, nil
	}
	c, tag := of(fix, "net: check the length\n\nCc: stable@vger.kernel.org\n")
	require.NotNil(t, tag)
	assert.Equal(t, StrengthCVE, tag.Strength)
	assert.Equal(t, []Evidence{{"list of CVEs", "cve", "CVE-2024-0001"}, {"stable", "trailer", "Cc: stable@vger.kernel.org"}}, tag.Evidence)
	assert.Equal(t, list[fix], c.CVEs)
	assert.True(t, c.HasTagOf(TagFix, StrengthCVE))

	c, tag = of(bug, "net: add a queue\n")
	assert.Nil(t, tag, "to bring a hole is no fix of one")
	assert.Len(t, c.CVEs, 1)

	_, tag = of(Hash{}, "net: fix a double free\n\nReported-by: syzbot+1@syzkaller.appspotmail.com\nCc: stable@vger.kernel.org\n")
	assert.Equal(t, StrengthSyzbot, tag.Strength)
	_, tag = of(Hash{}, "net: fix a double free\n\nCc: stable@vger.kernel.org\n")
	assert.Equal(t, StrengthStable, tag.Strength)
	_, tag = of(Hash{}, "net: fix a double free\n")
	assert.Equal(t, StrengthKeyword, tag.Strength)

	c = &Commit{}
	c.SetMessage("net: fix a hang\n\nReported-by: syzbot+1@syzkaller.appspotmail.com\nCloses: https://syzkaller.appspot.com/bug?extid=1\n")
	classified(t, Classifier{}, c)
	assert.Equal(t, []string{TagFix, TagSyzbot}, tagNames(c.Tags))
	assert.Len(t, c.Tags[1].Evidence, 2)

	assert.Equal(t, "x", Classifier{CVEs: list}.Configuration()["vulns"])
	assert.NotEqual(t, Classifier{}.Configuration(), Classifier{CVEs: list}.Configuration())
}

// What a message says below its subject can take a tag away.
func TestClassifierReadsWhatDeniesATag(t *testing.T) {
	for body, want := range map[string][]string{
		"":                       {TagRefactor},
		"No functional change.":  {TagRefactor},
		"The prefixes go.":       {TagRefactor}, // a part of a word is none
		"This FIXES a bug.":      nil,
		"Plug a leak, too.":      nil,
		"Otherwise\nit hangs.":   nil,
		"Fixes: 0123456789ab\n":  nil, // in a trailer
		"The build fails.":       nil,
		"When the build is done": {TagRefactor},
	} {
		c := &Commit{}
		c.SetMessage("net: refactor the setup\n\n" + body)
		assert.Equal(t, want, tagNames(onlyFirst(classified(t, Classifier{}, c))), body)
	}
	c := &Commit{}
	c.SetMessage("net: fix a double free\n\nThis fixes a bug.\n")
	assert.Equal(t, []string{TagSecurity}, tagNames(onlyFirst(classified(t, Classifier{}, c))), "other rules do not mind")
}

func TestClassifierTakesOtherRules(t *testing.T) {
	own := Rule{
		Tag: "mend", Name: "words", Field: InSubject,
		Any: []string{"fix", "fixes"}, Unless: []string{"typo", "doc:"},
	}
	k, err := NewClassifier(append(DefaultRules(), own)...)
	require.NoError(t, err)
	assert.Equal(t, []string{TagSecurity, TagFix, "mend"}, tagNames(classified(t, k, &Commit{Subject: "net: fix double free"})))
	assert.Empty(t, classified(t, k, &Commit{Subject: "net: fix typo"}))
	assert.Empty(t, classified(t, k, &Commit{Subject: "doc: fix the page"}))
	assert.True(t, slices.Contains(tagNames(classified(t, k, &Commit{Subject: "net: fix how the doc is built"})), "mend"), "doc: counts as an area only")

	k, err = NewClassifier(own)
	require.NoError(t, err)
	assert.Equal(t, []string{"mend"}, tagNames(classified(t, k, &Commit{Subject: "net: fix double free"})), "in place of the built-in ones")

	k, err = NewClassifier(
		Rule{Tag: "header", Name: "any", Field: InPath, Any: []string{"include/*/*.h", "file?.c"}},
		Rule{Tag: "api", Name: "all", Field: InPath, Any: []string{"include/"}, Share: 1},
	)
	require.NoError(t, err)
	c := &Commit{Files: []FileChange{{NewPath: "a.c"}, {NewPath: "include/linux/mm.h"}}}
	assert.Equal(t, []string{"header"}, tagNames(classified(t, k, c)))
	c = &Commit{Files: []FileChange{{OldPath: "include/file1.c"}}}
	assert.Equal(t, []string{"header", "api"}, tagNames(classified(t, k, c)), "a deleted file counts by its old path")
}

func TestNewClassifierNamesTheWrongRule(t *testing.T) {
	pattern := regexp.MustCompile("x")
	for _, test := range []struct {
		rule Rule
		want string
	}{
		{Rule{Name: "n", Field: InSubject, Any: []string{"x"}}, "needs a tag"},
		{Rule{Tag: "t", Field: InSubject, Any: []string{"x"}}, "needs a tag and a name"},
		{Rule{Tag: "t", Name: "n", Field: InSubject}, "Any is empty"},
		{Rule{Tag: "t", Name: "n", Field: "title", Any: []string{"x"}}, `unknown field "title"`},
		{Rule{Tag: "t", Name: "n", Field: InSubject, Any: []string{"--"}}, "no word"},
		{Rule{Tag: "t", Name: "n", Field: InSubject, Any: []string{"x"}, Unless: []string{":"}}, "no word"},
		{Rule{Tag: "t", Name: "n", Field: InSubject, Any: []string{"x"}, UnlessBody: []string{""}}, "an empty word"},
		{Rule{Tag: "t", Name: "n", Field: InSubject, Any: []string{"x"}, Share: 0.5}, "a share is for"},
		{Rule{Tag: "t", Name: "n", Field: InPath, Any: []string{"x"}, Share: 2}, "between 0 and 1"},
		{Rule{Tag: "t", Name: "n", Field: InPath, Any: []string{"x"}, Pattern: pattern}, "a pattern is not for"},
		{Rule{Tag: "t", Name: "n", Field: InCVE, Any: []string{"fix"}, Pattern: pattern}, "a pattern is not for"},
		{Rule{Tag: "t", Name: "n", Field: InCVE, Any: []string{"mends"}}, "no role of a commit"},
		{Rule{Tag: "t", Name: "n", Field: InSubject, Any: []string{"x"}, Confidence: 2}, "a confidence of 2"},
		{Rule{Tag: "t", Name: "n", Field: InPath, Any: []string{"[x"}}, "bad path pattern"},
		{Rule{Tag: "t", Name: "n", Field: InPath, Any: []string{"a/**/b/"}}, "bad directory pattern"},
		{Rule{Tag: "t", Name: "n", Field: InPath, Any: []string{"/"}}, "bad path pattern"},
		{Rule{Tag: "t", Name: "n", Field: InPath, Any: []string{"!/"}}, "bad path pattern"},
		{Rule{Tag: "t", Name: "n", Field: InTrailer, Any: []string{": x"}}, "no key"},
		{Rule{Tag: "t", Name: "n", Field: InTrailer, Any: []string{"*"}}, "every trailer"},
		{Rule{Tag: "t", Name: "n", Field: InReference, Any: []string{"fixed-by"}}, "no reference of kind"},
	} {
		_, err := NewClassifier(test.rule)
		assert.ErrorContains(t, err, test.want)
		assert.ErrorContains(t, err, `rule "`+test.rule.Name+`"`)
	}
	_, err := NewClassifier(append(DefaultRules(), DefaultRules()[0])...)
	assert.ErrorContains(t, err, "another rule has the same name")
}

func TestClassifierIsSafeForManyWorkers(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				c := &Commit{Subject: "net: fix double free", Message: linkedMessage}
				assert.NoError(t, Classifier{}.Process(context.Background(), c, func(*Commit) {}))
				assert.Equal(t, []string{TagSecurity, TagBackport}, tagNames(onlyFirst(c.Tags)))
			}
		})
	}
	wg.Wait()
}

func TestEvidenceIsBounded(t *testing.T) {
	c := &Commit{Subject: strings.Repeat("double free ", 100_000), Message: "x\n\nThis reverts:\n"}
	for i := range 100_000 {
		c.Trailers = append(c.Trailers, Trailer{Key: "Cc", Value: fmt.Sprintf("stable@vger.kernel.org # %d", i)})
		c.Message += "- 1da177e4c3f4\n"[:min(15, max(0, 900-i))]
	}
	tags := classified(t, Classifier{}, c)
	assert.Equal(t, []string{TagSecurity, TagRevert}, tagNames(onlyFirst(tags)))
	for _, tag := range tags {
		assert.LessOrEqual(t, len(tag.Evidence), 2*maxEvidence, tag.Name)
	}
}

func TestClassifyingAnUntaggedCommitCostsNoMemory(t *testing.T) {
	c := untagged()
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		_ = Classifier{}.Process(context.Background(), c, func(*Commit) {})
	}))
}

func untagged() *Commit {
	return &Commit{
		Subject: "net: phy: motorcomm: use the right delay", Message: plainMessage,
		Trailers: []Trailer{{Key: "Signed-off-by", Value: "A U Thor <author@example.com>"}, {Key: "Reviewed-by", Value: "R E Viewer <reviewer@example.com>"}},
		Files:    []FileChange{{NewPath: "net/phy/motorcomm.c"}, {NewPath: "include/phy.h"}, {NewPath: "net/Kconfig"}},
	}
}

func BenchmarkClassifier(b *testing.B) {
	tagged := untagged()
	tagged.Subject = "net: phy: motorcomm: fix use-after-free in the receive path"
	tagged.Files[0].NewPath, tagged.Files[1].NewPath = "drivers/net/phy/motorcomm.c", "drivers/net/phy/Kconfig"
	for _, bench := range []struct {
		name   string
		commit *Commit
	}{{"untagged", untagged()}, {"tagged", tagged}} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Classifier{}.Process(b.Context(), bench.commit, func(*Commit) {})
			}
		})
	}
}

func FuzzClassifier(f *testing.F) {
	f.Add("net: fix use-after-free", "Fixes: 1da177e4c3f4 (\"x\")", "Cc", "stable@vger.kernel.org", "drivers/a.c")
	f.Add("[PATCH] a: b: c: CVE-2024-12345 don't \"quote\"", "", "CVE", "CVE-2024-12345", "**/doc/x")
	f.Add("Revert \"a: b\"", "This reverts commit "+hashA+".", "*", "", "doc/README")
	f.Add("-- speed-up. optimize( a/b: \xff\x00'", "", "", "\xff", "/")
	f.Fuzz(func(t *testing.T, subject, body, key, value, name string) {
		c := &Commit{
			Subject: subject, Message: subject + "\n\n" + body,
			Trailers: []Trailer{{Key: key, Value: value}},
			Files:    []FileChange{{NewPath: name}},
		}
		for _, tag := range classified(t, Classifier{}, c) {
			require.NotEmpty(t, tag.Evidence)
			for _, evidence := range tag.Evidence {
				require.NotEmpty(t, evidence.Text)
				switch evidence.Field {
				case "subject", "body":
					require.Contains(t, c.Message, evidence.Text)
				case "trailer":
					require.Contains(t, key+": "+value, evidence.Text)
				case "path":
					require.Equal(t, name, evidence.Text)
				default:
					require.Fail(t, "unknown field", evidence.Field)
				}
			}
		}
	})
}
