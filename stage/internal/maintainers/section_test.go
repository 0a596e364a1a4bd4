package maintainers

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sample = `Maintainers List

	M: not a field
		-----------------------------------
SLAB ALLOCATOR
M:	A <a@x.org>
M:	B <b@x.org>
R:	R <r@x.org>
L:	linux-mm@x.org (moderated list)
S:	Maintained
F:	include/linux/sl?b*.h
F:	mm/sl?b*
# a comment

F:	mm/slab/
X:	mm/slab/not/

NETWORK DRIVERS
P:	Old Style
M:	old@x.org
S:	Odd Fixes
F:	drivers/net/
N:	[^a-z]eth[^a-z] # with blanks
K:	\bnetdev_(err|info)\b

THE REST
M:	L <l@x.org>
F:	*
F:	*/
`

func found(t *testing.T, text string, paths ...string) string {
	t.Helper()
	var p Parser
	x := NewIndex(p.Parse(text))
	var f Finder
	for _, path := range paths {
		f.Path(x, path, func(dir string) bool { return dir == "arch/arm" || dir == "lib" })
	}
	return describe(f.Found())
}

func describe(matches []Match) string {
	var out []string
	for _, m := range matches {
		out = append(out, fmt.Sprintf("%s %d", m.Title, m.Depth))
	}
	return strings.Join(out, ", ")
}

func TestParse(t *testing.T) {
	var p Parser
	sections := p.Parse(sample)
	require.Len(t, sections, 3)
	slab := sections[0]
	assert.Equal(t, "SLAB ALLOCATOR", slab.Title)
	assert.Equal(t, "Maintained", slab.Status)
	assert.Equal(t, []string{"A <a@x.org>", "B <b@x.org>"}, slab.Maintainers)
	assert.Equal(t, []string{"R <r@x.org>"}, slab.Reviewers)
	assert.Equal(t, []string{"linux-mm@x.org"}, slab.Lists)
	assert.Equal(t, []string{"Old Style <old@x.org>"}, sections[1].Maintainers)
	again := p.Parse("# changed\n" + sample)
	assert.Same(t, slab, again[0], "an equal section is the same one")
}

func TestParseOfOddText(t *testing.T) {
	var p Parser
	assert.Empty(t, p.Parse(""))
	assert.Empty(t, p.Parse("Just words\n\nand more\n"))
	untitled := p.Parse("M: A <a@x.org>\nF: mm/")
	require.Len(t, untitled, 1)
	assert.Equal(t, "", untitled[0].Title)
	assert.True(t, untitled[0].HasPaths())
	assert.False(t, p.Parse("OLD\nP:\tA\nM:\ta@x.org\n")[0].HasPaths())
}

func TestSectionsOfAPath(t *testing.T) {
	for _, c := range []struct{ paths, want string }{
		{"mm/slub.c", "SLAB ALLOCATOR 2, THE REST -1"},
		{"mm/slab/a/b.c", "SLAB ALLOCATOR 2, THE REST -1"},
		{"mm/slab/not/b.c", "THE REST -1"},
		{"mm/slub/x.c", "THE REST -1"},
		{"include/linux/slab_def.h", "SLAB ALLOCATOR 3, THE REST -1"},
		{"include/linux/slob.h.old", "SLAB ALLOCATOR 3, THE REST -1"},
		{"include/linux/skb.h", "THE REST -1"},
		{"drivers/net/phy/a.c", "NETWORK DRIVERS 2, THE REST -1"},
		{"drivers/usb/x-eth-y.c", "NETWORK DRIVERS 0, THE REST -1"},
		{"drivers/net/a-eth-b.c", "NETWORK DRIVERS 0, THE REST -1"}, // the last field that holds counts
		{"Makefile", "THE REST -1"},
		{"mm/slub.c drivers/net/a.c", "NETWORK DRIVERS 2, SLAB ALLOCATOR 2, THE REST -1"},
	} {
		assert.Equal(t, c.want, found(t, sample, strings.Fields(c.paths)...), c.paths)
	}
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		depth         int
		want          bool
	}{
		{"arch/arm", "arch/arm/kernel/a.c", 2, true},
		{"arch/arm", "arch/arm64", 2, false}, // a directory's name, so that arch/arm/ is meant
		{"arch/x86", "arch/x86_64", 2, true},
		{"mm/slab.c", "mm/slab.c", 2, true},
		{"mm/slab.c", "mm/slab.c.old", 2, true},
		{"mm/slab.c", "mm/slab.c/a", 2, false},
		{"mm/slab.c", "mm/slabXc", 2, false},
		{"lib/*", "lib/a.c", 2, true},
		{"lib/*", "lib/a/b.c", 2, false},
		{"lib/*/", "lib/a/b/c.c", 2, true},
		{"*", "Makefile", -1, true},
		{"*/", "mm/a.c", -1, true},
		{"*/Kconfig", "mm/Kconfig", -1, true},
		{"*/Kconfig", "a/b/Kconfig", -1, false},
		{"a?c/", "abc/d/e", 1, true},
		{"dts/*a*b*", "dts/xaxbx.dts", 2, true},
		{"dts/*a*b*", "dts/xbxax.dts", 2, false},
		{"drivers/[^/]*/sound/", "drivers/x/sound/a.c", 4, true},
		{"bio[a-c]*", "biob.h", 1, true},
		{"bio[a-c]*", "biod.h", 1, false},
		{"fs/(ext2|ext4)/", "fs/ext4/a.c", 2, true},
		{"broken[", "broken[", 1, false},
		{"c++/", "c++/a", 1, false}, // an expression to the script
	} {
		p := newPattern(c.pattern)
		depth, ok := p.match(c.path, func(dir string) bool { return dir == "arch/arm" })
		assert.Equal(t, c.want, ok, "%s: %s", c.pattern, c.path)
		if ok {
			assert.Equal(t, c.depth, depth, "%s: %s", c.pattern, c.path)
			assert.True(t, strings.HasPrefix(c.path, p.literal), "%s begins with %s", c.path, p.literal)
		}
	}
}

func TestKeywords(t *testing.T) {
	var p Parser
	x := NewIndex(p.Parse(sample))
	assert.True(t, x.HasKeywords())
	var f Finder
	f.Text(x, "nothing")
	f.Text(x, "call netdev_err (x)")
	f.Path(x, "mm/slub.c", nil)
	assert.Equal(t, "SLAB ALLOCATOR 2, THE REST -1, NETWORK DRIVERS -2", describe(f.Found()))
	f.Text(x, "my_netdev_error")
	assert.Empty(t, f.Found())
}

func TestExpressions(t *testing.T) {
	for _, c := range []struct {
		text  string
		needs string
		holds string
		not   string
	}{
		{`\bprintk\b`, "printk", "a printk b", "printks"},
		{`\b(printk|pr_(info|err))\b`, "intk info err", "x pr_err(y)", "pr_warn"},
		{`(?i:rust)`, "", "RUST", "ruby"},
		{`a b c`, "abc", "xabcx", "a b c"},
		{`[ ]x # comment`, " x", "a x", "ax"},
		{`imx`, "imx", "drivers/imx.c", "drivers/max.c"},
		{`(?<!uni)versal`, "versal", "universal/versal", "universal"},
		{`a+b?`, "a", "xaa", "b"},
	} {
		e := newExpression(c.text)
		require.NotNil(t, e, c.text)
		assert.Equal(t, c.needs, strings.Join(e.needs, " "), c.text)
		assert.True(t, e.holds(c.holds), c.text)
		assert.False(t, e.holds(c.not), c.text)
	}
	assert.Nil(t, newExpression("(?=ahead)x"), "Go has none such")
	assert.Nil(t, newExpression("("))
	assert.Nil(t, newExpression("(?<!x"))
	assert.Nil(t, newExpression("(?<!x(y))z"))
	assert.Nil(t, newExpression("(?<!a)"), "nothing but a look behind")
	assert.Nil(t, newExpression(""))
}

// An index that rests upon another finds what one made anew finds.
func TestIndexUponAnother(t *testing.T) {
	section := func(i int) string {
		return fmt.Sprintf("S%03d\nM:\tA\nF:\tdir%d/\nF:\tdir%d/%03d*\nF:\tdir[\nN:\tname%d\nK:\tword%d\n\n", i, i%5, i%3, i, i, i)
	}
	var p Parser
	x := NewIndex(nil)
	assert.False(t, x.HasPaths() || x.HasKeywords())
	shared := 0
	for step := range 200 {
		var text strings.Builder
		for i := step; i < step+100; i++ {
			text.WriteString(section(i))
		}
		before := x
		if step == 0 {
			x = x.With(p.Parse(text.String()), nil)
		} else { // one more section, one less, and each for a time in two files
			x = x.With(p.Parse(section(step+99)), p.Parse(section(step-1)))
			x = x.With(p.Parse(section(step+60)), nil)
			if step > 20 {
				x = x.With(nil, p.Parse(section(step+40)))
			}
		}
		if x.base == before.base {
			shared++
		}
		fresh := NewIndex(p.Parse(text.String()))
		var a, b Finder
		for i := range 5 {
			for _, path := range []string{fmt.Sprintf("dir%d/a.c", i), fmt.Sprintf("dir%d/%03d.c", i, step+20*i), fmt.Sprintf("name%d", step+9*i)} {
				a.Path(x, path, nil)
				b.Path(fresh, path, nil)
			}
		}
		a.Text(x, fmt.Sprintf("word%d", step))
		b.Text(fresh, fmt.Sprintf("word%d", step))
		require.Equal(t, b.Found(), a.Found(), step)
		require.True(t, x.HasPaths() && x.HasKeywords())
	}
	assert.True(t, shared > 100 && shared < 199, shared)
}

// depth finds by trying all fields of a section what an index finds.
func (s *Section) depth(path, message string) (depth int, ok bool) {
	for i := range s.paths {
		if s.paths[i].name != nil && s.paths[i].name.holds(path) {
			depth, ok = 0, true
		} else if s.paths[i].name == nil {
			if d, holds := s.paths[i].pattern.match(path, nil); holds {
				depth, ok = d, true
			}
		}
	}
	if ok && !s.excludes(path, nil) {
		return depth, true
	}
	return KeywordDepth, slices.ContainsFunc(s.keywords, func(e *expression) bool { return e.holds(message) })
}

// An index finds what trying all fields finds, whatever texts begin with whatever
// others.
func TestIndexFindsAllFields(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	word := func(letters string, most int) string {
		text := make([]byte, rng.IntN(most)+1)
		for i := range text {
			text[i] = letters[rng.IntN(len(letters))]
		}
		return string(text)
	}
	for range 300 {
		var text strings.Builder
		for i := range rng.IntN(40) {
			fmt.Fprintf(&text, "S%d\nM:\tA\n", i)
			for range rng.IntN(4) + 1 {
				fmt.Fprintf(&text, "%c:\t%s\n", "FFFFFFNX"[rng.IntN(8)], word("aab/.*?", 6))
			}
		}
		var p Parser
		sections := p.Parse(text.String())
		x := NewIndex(sections)
		var f Finder
		for range 40 {
			path := word("aab/.", 8)
			f.Path(x, path, nil)
			found := map[*Section]int{}
			for _, m := range f.Found() {
				found[m.Section] = m.Depth
			}
			for _, s := range sections {
				depth, ok := s.depth(path, "")
				got, is := found[s]
				require.Equal(t, ok, is, "%s of\n%s", path, &text)
				require.Equal(t, ok, is && got == depth, "%s of\n%s", path, &text)
			}
		}
	}
}

// FuzzMaintainers matches anything with anything.
func FuzzMaintainers(f *testing.F) {
	f.Add(sample, "mm/slub.c", "netdev_err")
	f.Add("A\nF: [\nX: *\nN: (\nK: a{1000}{1000}\n", "a/b", "")
	f.Add("F: ?*?*?*/\nP: x\n", "///", "\xff")
	f.Fuzz(func(t *testing.T, text, path, message string) {
		var p Parser
		sections := p.Parse(text)
		x := NewIndex(sections)
		var finder Finder
		finder.Path(x, path, nil)
		finder.Text(x, message)
		found := finder.Found()
		for _, m := range found {
			assert.Contains(t, sections, m.Section)
		}
		for _, s := range sections {
			depth, ok := s.depth(path, message)
			at := slices.IndexFunc(found, func(m Match) bool { return m.Section == s })
			assert.Equal(t, ok, at >= 0, s.Title)
			if ok && at >= 0 {
				assert.Equal(t, depth, found[at].Depth, s.Title)
			}
		}
		for i, s := range p.Parse(text) {
			assert.Same(t, sections[i], s)
		}
		for _, s := range sections {
			for i := range s.paths {
				if s.paths[i].name == nil {
					if _, ok := s.paths[i].pattern.match(path, nil); ok {
						assert.True(t, strings.HasPrefix(path, s.paths[i].pattern.literal))
					}
				}
			}
		}
	})
}
