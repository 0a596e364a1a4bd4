package enclosing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// show marks the lines of a source that change with ">" (removed) or "+" (before
// which a line is added), and gives the pieces that Find shows of it, with one line
// of context around each change.
func show(path, source string, maxLines int) string {
	var content strings.Builder
	var hunks []Hunk
	n := 0
	for line := range strings.Lines(source) {
		n++
		run := Range{n, n}
		switch {
		case strings.HasPrefix(line, ">"):
		case strings.HasPrefix(line, "+"):
			run.Last = n - 1
		default:
			content.WriteString(line)
			continue
		}
		content.WriteString(line[1:])
		hunks = append(hunks, Hunk{Lines: Range{max(1, n-1), n + 1}, Runs: []Range{run}})
	}
	var out []string
	for _, p := range find(path, []byte(content.String()), hunks, maxLines) {
		text := string(p.Text)
		if p.Of != (Range{}) {
			text = fmt.Sprintf("[%d-%d of %d-%d: %s]\n", p.First, p.Last, p.Of.First, p.Of.Last, p.Heading) + text
		}
		out = append(out, text)
	}
	return strings.Join(out, "~~~\n")
}

// find gives what a new Finder finds.
func find(path string, content []byte, hunks []Hunk, maxLines int) []Piece {
	return new(Finder).Append(nil, path, content, hunks, maxLines)
}

func TestFind(t *testing.T) {
	tests := []struct{ name, path, source, want string }{
		{
			name: "a function with its comment", path: "x.c",
			source: "#include <x.h>\n\nint before(void)\n{\n}\n\n/**\n * f() - do it\n */\nstatic int f(int a,\n\t     int b)\n{\nlabel:\n#ifdef X\n\tif (a) {\n#else\n\tif (b) {\n#endif\n>\t\treturn 1;\n\t}\n\treturn 0;\n}\n\nint after(void)\n{\n}\n",
			want:   "/**\n * f() - do it\n */\nstatic int f(int a,\n\t     int b)\n{\nlabel:\n#ifdef X\n\tif (a) {\n#else\n\tif (b) {\n#endif\n\t\treturn 1;\n\t}\n\treturn 0;\n}\n",
		},
		{
			name: "the comment alone changes", path: "x.c",
			source: "int x;\n\n/*\n> * f\n */\nint f(void)\n{\n\treturn 0;\n}\n\nint y;\n",
			want:   "/*\n * f\n */\nint f(void)\n{\n\treturn 0;\n}\n",
		},
		{
			name: "return type on its own line, old-style parameters", path: "x.c",
			source: "int x;\n\nstatic int\nf(a, b)\nint a;\nchar *b;\n{\n>\treturn 0;\n}\n",
			want:   "static int\nf(a, b)\nint a;\nchar *b;\n{\n\treturn 0;\n}\n",
		},
		{
			name: "a declaration right above is not the function's", path: "x.c",
			source: "static int x;\nstatic int f(void)\n{\n\tint y;\n>\treturn 0;\n}\n",
			want:   "static int f(void)\n{\n\tint y;\n\treturn 0;\n}\n",
		},
		{
			name: "macros define functions", path: "x.c",
			source: "int x;\n\nSYSCALL_DEFINE3(read, unsigned int, fd,\n\t\tsize_t, count)\n{\n\tint ret;\n\n>\treturn ret;\n}\nEXPORT_SYMBOL(x);\n",
			want:   "SYSCALL_DEFINE3(read, unsigned int, fd,\n\t\tsize_t, count)\n{\n\tint ret;\n\n\treturn ret;\n}\n",
		},
		{
			name: "structures and initialisers", path: "x.h",
			source: "int x;\n\nstruct s {\n\tint a;\n>\tint b;\n\tint c;\n} __packed;\n\nint y;\n\nstatic const struct s all[] = {\n\t{ 1, 2 },\n\n+\t{ 3, 4 },\n};\n\nint z;\n",
			want:   "struct s {\n\tint a;\n\tint b;\n\tint c;\n} __packed;\n\nint y;\n\nstatic const struct s all[] = {\n\t{ 1, 2 },\n\n\t{ 3, 4 },\n};\n",
		},
		{
			name: "a table whose type is declared with it", path: "x.c",
			source: "int x;\n\nstatic const struct s {\n\tint a;\n} table[] = {\n#ifdef X\n\t{ 1 },\n#endif\n\n>\t{ 2 },\n\t{ 3 },\n};\n\nint y;\n",
			want:   "static const struct s {\n\tint a;\n} table[] = {\n#ifdef X\n\t{ 1 },\n#endif\n\n\t{ 2 },\n\t{ 3 },\n};\n",
		},
		{
			name: "a macro's use of many lines", path: "x.c",
			source: "int x;\n\nU_BOOT_CMD(\n\tx, 1,\n" + strings.Repeat("\t\"help\"\n", 20) + ">\t\"more\"\n);\n\nint y;\n",
			want:   "U_BOOT_CMD(\n\tx, 1,\n" + strings.Repeat("\t\"help\"\n", 20) + "\t\"more\"\n);\n",
		},
		{
			name: "a macro of several lines", path: "x.h",
			source: "int x;\n\n/* swap */\n#define swap(a, b) \\\n\tdo { \\\n>\t\ta; \\\n\t\tb; \\\n\t} while (0)\n\nint y;\n",
			want:   "/* swap */\n#define swap(a, b) \\\n\tdo { \\\n\t\ta; \\\n\t\tb; \\\n\t} while (0)\n",
		},
		{
			name: "braces in strings, characters and comments", path: "x.c",
			source: "int x;\n\nint f(void)\n{\n\t/*\n}\n\t */\n\tputs(\"}{\\\"{\");\n\tputc('{'); // {\n\tx = '\\'';\n>\treturn 0;\n}\n\nint g(void)\n{\n}\n",
			want:   "int f(void)\n{\n\t/*\n}\n\t */\n\tputs(\"}{\\\"{\");\n\tputc('{'); // {\n\tx = '\\'';\n\treturn 0;\n}\n",
		},
		{
			name: "between functions", path: "x.c",
			source: "int f(void)\n{\n}\n\nint a;\nint b;\n>int c;\nint d;\n\nint g(void)\n{\n}\n",
			want:   "int a;\nint b;\nint c;\nint d;\n",
		},
		{
			name: "a new function between two others takes neither", path: "x.c",
			source: "int f(void)\n{\n\treturn 0;\n}\n+\nint g(void)\n{\n\treturn 1;\n}\n",
			want:   "}\n\nint g(void)\n",
		},
		{
			name: "a declaration right under a function", path: "x.c",
			source: "int f(void)\n{\n\treturn 0;\n}\nint a;\nint b;\n>int c;\nint d;\nint g(void)\n{\n\treturn 1;\n}\n",
			want:   "int a;\nint b;\nint c;\nint d;\nint g(void)\n",
		},
		{
			name: "two functions far apart", path: "x.c",
			source: "int f(void)\n{\n\tint f1;\n>\tint f2;\n\tint f3;\n}\n\nint a;\n\nint b;\n\nint c;\n\nint g(void)\n{\n\tint g1;\n>\tint g2;\n\tint g3;\n}\n",
			want:   "int f(void)\n{\n\tint f1;\n\tint f2;\n\tint f3;\n}\n~~~\nint g(void)\n{\n\tint g1;\n\tint g2;\n\tint g3;\n}\n",
		},
		{
			name: "no newline at the end", path: "x.c",
			source: "int f(void)\n{\n>\treturn 0;\n}",
			want:   "int f(void)\n{\n\treturn 0;\n}",
		},
		{
			name: "a body that never ends", path: "x.c",
			source: "int f(void)\n{\n>\treturn 0;\n\n\tx();\n",
			want:   "int f(void)\n{\n\treturn 0;\n\n\tx();\n",
		},
		{
			name: "a C++ header", path: "x.h",
			source: "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\nstruct s {\n>\tint a;\n};\n\nint x;\n\n#ifdef __cplusplus\n}\n#endif\n",
			want:   "struct s {\n\tint a;\n};\n",
		},
		{
			name: "Go", path: "x.go",
			source: "package x\n\n// F does.\nfunc F() {\n\tif x {\n>\t\ty()\n\t}\n}\n\nvar z int\n",
			want:   "// F does.\nfunc F() {\n\tif x {\n\t\ty()\n\t}\n}\n",
		},
		{
			name: "Python", path: "x.py",
			source: "import x\n\nclass A:\n    a = 1\n\n    # Why.\n    @property\n    def f(self,\n          b\n    ):\n        \"\"\"Text\n\nat the left.\n\"\"\"\n        if b:\n>            return 1\n\n        return 2\n\n    def g(self):\n        pass\n",
			want:   "    # Why.\n    @property\n    def f(self,\n          b\n    ):\n        \"\"\"Text\n\nat the left.\n\"\"\"\n        if b:\n            return 1\n\n        return 2\n",
		},
		{
			name: "Kconfig", path: "arch/Kconfig",
			source: "config A\n\tbool \"a\"\n\nconfig B\n\tbool \"b\"\n\thelp\n\t  First.\n\n>\t  Second.\n\nconfig C\n\tbool\n",
			want:   "config B\n\tbool \"b\"\n\thelp\n\t  First.\n\n\t  Second.\n\n",
		},
		{
			name: "device tree", path: "x.dtsi",
			source: "/ {\n\tsoc {\n\t\tuart0: serial@0 {\n\t\t\treg = <0>;\n>\t\t\tstatus = \"okay\";\n\t\t};\n\n\t\tuart1: serial@1 {\n\t\t\treg = <1>;\n\t\t};\n\t};\n};\n",
			want:   "\t\tuart0: serial@0 {\n\t\t\treg = <0>;\n\t\t\tstatus = \"okay\";\n\t\t};\n",
		},
		{
			name: "Rust", path: "x.rs",
			source: "impl A {\n    fn f(\n        a: u8,\n    ) -> u8 {\n        if a {\n>            return 1;\n        }\n        0\n    }\n\n    fn g() {\n    }\n}\n",
			want:   "    fn f(\n        a: u8,\n    ) -> u8 {\n        if a {\n            return 1;\n        }\n        0\n    }\n",
		},
		{
			name: "a paragraph of text", path: "x.rst",
			source: "Title\n=====\n\nOne line.\n>Another.\nA third.\n\nThe next.\n",
			want:   "One line.\nAnother.\nA third.\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, show(test.path, test.source, 100))
		})
	}
}

// A unit that is too long is shown in part, and the piece says of what.
func TestFindShowsPartOfALongUnit(t *testing.T) {
	source := "int x;\n\nint f(void)\n{\n" + strings.Repeat("\tx++;\n", 100) + ">\tx--;\n" + strings.Repeat("\tx++;\n", 100) + "}\n"
	shown := show("x.c", source, 50)
	require.Equal(t, "[89-121 of 3-206: int f(void)]\n"+strings.Repeat("\tx++;\n", 16)+"\tx--;\n"+strings.Repeat("\tx++;\n", 16), shown)
	require.Equal(t, strings.Count(source, "\n")-2, strings.Count(show("x.c", source, 500), "\n"))
}

// Whatever the text and the hunks, every line of the hunks is shown, once, in
// order.
func FuzzFind(f *testing.F) {
	f.Add("x.c", "int f(void)\n{\n\t/* } */\n\treturn '{';\n}\n\n#define X \\\n\t1\n", uint8(3), uint8(1), uint8(6), uint8(1))
	f.Add("x.py", "@x\ndef f():\n  '''\n}\n'''\n  pass\n\nclass A:\n  def g():\n    pass\n", uint8(4), uint8(2), uint8(9), uint8(0))
	f.Add("x.dts", "/ {\n\ta {\n\t};\n\tb {\n\t};\n};\n", uint8(2), uint8(0), uint8(5), uint8(2))
	f.Add("Kconfig", "config A\n\tbool\n\nconfig B\n", uint8(1), uint8(1), uint8(3), uint8(4))
	f.Add("x.rs", "impl A {\n  fn f(\n  ) {\n  }\n}\n", uint8(3), uint8(1), uint8(4), uint8(1))
	f.Fuzz(func(t *testing.T, path, text string, first1, length1, gap, length2 uint8) {
		a := Range{int(first1) + 1, int(first1) + int(length1)}
		b := Range{a.Last + 1 + int(gap), a.Last + int(gap) + int(length2)}
		hunks := []Hunk{{Lines: a, Runs: []Range{a}}, {Lines: Range{b.First, b.Last + 1}, Runs: []Range{b, {b.Last + 2, b.Last + 1}}}}
		for _, maxLines := range []int{1, 5, 1000} {
			pieces := find(path, []byte(text), hunks, maxLines)
			shown := map[int]bool{}
			last := 0
			lines := strings.SplitAfter(text, "\n")
			for _, p := range pieces {
				require.Greater(t, p.First, last)
				if p.Last >= p.First {
					require.Equal(t, strings.Join(lines[p.First-1:p.Last], ""), string(p.Text))
				}
				for n := p.First; n <= p.Last; n++ {
					shown[n] = true
				}
				last = p.Last
			}
			for _, hunk := range hunks {
				for n := hunk.Lines.First; n <= hunk.Lines.Last && n < len(lines); n++ {
					require.True(t, shown[n], "line %d", n)
				}
			}
		}
	})
}

// Most of a file is only skimmed.
func BenchmarkFind(b *testing.B) {
	function := "/* f() */\nstatic int f(int a)\n{\n" + strings.Repeat("\tif (a > 1) { x(\"y\"); }\n", 40) + "}\n\n"
	for _, functions := range []int{1, 10, 100} {
		content := []byte(strings.Repeat(function, functions))
		n := functions/2*45 + 20
		hunks := []Hunk{{Lines: Range{n, n + 6}, Runs: []Range{{n + 3, n + 3}}}}
		b.Run(fmt.Sprintf("%d functions", functions), func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			var finder Finder
			var pieces []Piece
			for b.Loop() {
				pieces = finder.Append(pieces[:0], "x.c", content, hunks, 400)
				if len(pieces) != 1 {
					b.Fatal("not found")
				}
			}
		})
	}
}
