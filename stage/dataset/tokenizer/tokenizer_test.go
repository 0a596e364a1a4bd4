package tokenizer

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dlclark/regexp2/v2"
	"github.com/stretchr/testify/require"
)

// texts are what splits and merges differ on.
var texts = []string{
	"", " ", "a", "\n", "\r\n", "'", "''", "'s", "'S", "it's we'LL they'Re I'm 'tis don'ſ", "'sword", "'r 'v 'l 'll",
	"int main(void)\n{\n\treturn 0;\n}\n", "    if (x)  {\n\n\n\t\ty = 12345678;\n    }", "a  b   c    d", "  \n  \n  x", " \t \r\n \t ",
	"---- a/x.c\t2020", "/* ****** */", "0x1234abcd 1 12 123 1234 12345", "größer ſtraße 日本語のテキスト مرحبا", "٣٤٥٦ ½ Ⅷ 1٣2",
	"e\u0301 \u00a0\u2003x\u2028y\u0085z", "\U0001F600\U0001F600 ok", "x\u00a0y", " \u00a0 x", "@@ -1,2 +3,4 @@ static", "foo_bar->baz[10]++;\r\n\r\n#define X\\\n",
	strings.Repeat("=", 500) + "\n" + strings.Repeat(" ", 300) + "x", strings.Repeat("ab", 3000), "\x00\x01\xff\xfe", "a\xc3", strings.Repeat("\t", 40) + "}",
}

// textbook is byte-pair encoding as the paper has it, word by word.
type textbook struct {
	split splitter
	ranks map[string]uint32
}

func newTextbook(t testing.TB) textbook {
	split, err := compile(cl100kExpression)
	require.NoError(t, err)
	ranks, err := cl100kRanks()
	require.NoError(t, err)
	return textbook{split, ranks}
}

func (b textbook) count(text string) (n int) {
	b.split.words(text, func(word string) bool {
		var parts []string
		for i := range len(word) {
			parts = append(parts, word[i:i+1])
		}
		for {
			best, least := -1, ^uint32(0)
			for i := range len(parts) - 1 {
				if rank, ok := b.ranks[parts[i]+parts[i+1]]; ok && rank < least {
					best, least = i, rank
				}
			}
			if best < 0 {
				break
			}
			parts[best] += parts[best+1]
			parts = slices.Delete(parts, best+1, best+2)
		}
		n += len(parts)
		return true
	})
	return n
}

func requireEqualCounts(t testing.TB, ours *Tokenizer, theirs textbook, text string) {
	t.Helper()
	require.Equal(t, theirs.count(text), ours.Count(text, 0), "%.200q", text)
}

func TestCountsAreThoseOfTheTextbook(t *testing.T) {
	ours, err := Default()
	require.NoError(t, err)
	theirs := newTextbook(t)
	for _, text := range texts {
		requireEqualCounts(t, ours, theirs, strings.ToValidUTF8(text, "\uFFFD"))
	}
	require.Equal(t, "cl100k_base", ours.Name())
}

// The code of this package and its tests are the texts.
func TestCountsOfSourceCode(t *testing.T) {
	ours, err := Default()
	require.NoError(t, err)
	theirs := newTextbook(t)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var wg sync.WaitGroup
	for _, name := range files {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		want := theirs.count(string(content))
		for range 2 {
			wg.Go(func() {
				if got := ours.Count(string(content), 0); got != want {
					t.Errorf("%s: %d tokens, want %d", name, got, want)
				}
			})
		}
	}
	wg.Wait()
}

func TestCountStopsAboveTheLimit(t *testing.T) {
	ours, err := Default()
	require.NoError(t, err)
	text := strings.Repeat("int x;\n", 1000)
	all := ours.Count(text, 0)
	require.Equal(t, all, ours.Count(text, all))
	require.Greater(t, ours.Count(text, 10), 10)
	require.Less(t, ours.Count(text, 10), 10+3*atOnce, "some lines more at most")
}

// words gives what a pattern splits a text into.
func words(s splitter, text string) (list []string) {
	s.words(text, func(word string) bool {
		list = append(list, word)
		return true
	})
	return list
}

// The patterns are matched by hand; a regular expression engine is the judge.
func requireSplits(t testing.TB, text string) {
	t.Helper()
	for _, expression := range []string{cl100kExpression, qwen2Expression, gpt2Expression} {
		fast, ok := known(expression)
		require.True(t, ok)
		slow, err := compile(expression)
		require.NoError(t, err)
		require.Equal(t, words(slow, text), words(fast, text), "%s: %q", expression, text)
		require.Equal(t, text, strings.Join(words(fast, text), ""))
	}
}

func TestPatternsAreTheExpressions(t *testing.T) {
	for _, text := range texts {
		requireSplits(t, strings.ToValidUTF8(text, "\uFFFD"))
	}
}

func FuzzPatterns(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		requireSplits(t, strings.ToValidUTF8(text, "\uFFFD"))
	})
}

func FuzzCount(f *testing.F) {
	ours, err := Default()
	require.NoError(f, err)
	theirs := newTextbook(f)
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		requireEqualCounts(t, ours, theirs, strings.ToValidUTF8(text, "\uFFFD"))
	})
}

// model is a small byte-level tokenizer as a tokenizer.json.
func model(change func(m map[string]any)) []byte {
	vocab := map[string]int{}
	for _, r := range visible {
		vocab[string(r)] = len(vocab)
	}
	for _, token := range []string{"in", "int", "Ġx", "er", "ther"} {
		vocab[token] = len(vocab)
	}
	split := map[string]any{"type": "Split", "pattern": map[string]any{"Regex": qwen2Expression}, "behavior": "Isolated", "invert": false}
	m := map[string]any{
		"normalizer":    map[string]any{"type": "NFC"},
		"pre_tokenizer": map[string]any{"type": "Sequence", "pretokenizers": []any{split, map[string]any{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}}},
		"model":         map[string]any{"type": "BPE", "vocab": vocab, "merges": []any{"i n", []string{"in", "t"}, "Ġ x", "e r"}},
	}
	if change != nil {
		change(m)
	}
	content, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return content
}

func TestTokenizerJSON(t *testing.T) {
	load := func(change func(m map[string]any)) *Tokenizer {
		path := filepath.Join(t.TempDir(), "tokenizer.json")
		require.NoError(t, os.WriteFile(path, model(change), 0o666))
		loaded, err := Load(path)
		require.NoError(t, err)
		require.Regexp(t, `^tokenizer\.json \(sha256 [0-9a-f]{12}\)$`, loaded.Name())
		return loaded
	}
	plain := load(nil)
	for text, want := range map[string]int{
		"int":       1,
		" x":        1,
		"int x":     2,
		"int x;":    3,
		"intx":      2,
		"ther":      3, // "th" is no token, and "ther" one that is not made by merges
		"12":        2,
		"é":         2, // two bytes
		"e\u0301":   2, // the same, normalized
		"int\n\tx;": 5,
	} {
		require.Equal(t, want, plain.Count(text, 0), text)
	}
	require.Equal(t, 1, load(func(m map[string]any) { m["model"].(map[string]any)["ignore_merges"] = true }).Count("ther", 0))
	gpt2 := load(func(m map[string]any) { m["pre_tokenizer"] = map[string]any{"type": "ByteLevel"} })
	require.Equal(t, 2, gpt2.Count("int x", 0))
	digits := load(func(m map[string]any) {
		m["pre_tokenizer"] = map[string]any{"type": "Sequence", "pretokenizers": []any{
			map[string]any{"type": "Digits", "individual_digits": true}, map[string]any{"type": "ByteLevel"}}}
	})
	require.Equal(t, 4, digits.Count("int12 x", 0))
	other := load(func(m map[string]any) {
		m["pre_tokenizer"].(map[string]any)["pretokenizers"].([]any)[0].(map[string]any)["pattern"] = map[string]any{"Regex": `\s+|i|nt`}
	})
	require.Equal(t, 3, other.Count("int", 0), "the words are i and nt")
}

func TestTokenizersThatAreNotReadSayWhy(t *testing.T) {
	set := func(path string, value any) func(m map[string]any) {
		return func(m map[string]any) {
			parts := strings.Split(path, ".")
			for _, part := range parts[:len(parts)-1] {
				m = m[part].(map[string]any)
			}
			m[parts[len(parts)-1]] = value
		}
	}
	tests := []struct {
		name    string
		content []byte
		says    string
	}{
		{"Unigram", model(set("model.type", "Unigram")), `type "Unigram": only byte-level BPE`},
		{"SentencePiece BPE", model(set("pre_tokenizer", nil)), "not byte-level"},
		{"a normalizer", model(set("normalizer", map[string]any{"type": "Lowercase"})), `"Lowercase": only NFC`},
		{"a pre-tokenizer", model(set("pre_tokenizer", map[string]any{"type": "Metaspace"})), `"Metaspace": only byte-level`},
		{"removed matches", model(set("pre_tokenizer", map[string]any{"type": "Split", "behavior": "Removed"})), `"Removed"`},
		{"a bad expression", model(set("pre_tokenizer", map[string]any{"type": "Split", "behavior": "Isolated", "pattern": map[string]any{"Regex": "("}})), "expression"},
		{"an unknown merge", model(set("model.merges", []string{"q q"})), "does not know"},
		{"half a merge", model(set("model.merges", []string{"q"})), "one part"},
		{"no byte", model(set("model.vocab", map[string]int{"a": 1})), "lacks byte"},
		{"a prefix space", model(set("pre_tokenizer", map[string]any{"type": "ByteLevel", "add_prefix_space": true})), "adds a space"},
		{"dropout", model(set("model.dropout", 0.1)), "dropout"},
		{"no JSON", []byte("{"), "not a tokenizer.json"},
		{"no ranks", []byte("hello world\n"), "neither"},
		{"empty", nil, "neither"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			require.NoError(t, os.WriteFile(path, test.content, 0o666))
			_, err := Load(path)
			require.ErrorContains(t, err, test.says)
			require.ErrorContains(t, err, path)
			require.NotContains(t, err.Error(), "\n")
		})
	}
	_, err := Load(filepath.Join(t.TempDir(), "nowhere"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestRanksFile(t *testing.T) {
	var file strings.Builder
	line := func(token string, rank int) {
		fmt.Fprintf(&file, "%s %d\n", base64.StdEncoding.EncodeToString([]byte(token)), rank)
	}
	for b := range 256 {
		line(string([]byte{byte(b)}), b)
	}
	line("in", 256)
	line("int", 257)
	path := filepath.Join(t.TempDir(), "small.tiktoken")
	require.NoError(t, os.WriteFile(path, []byte(file.String()), 0o666))
	loaded, err := Load(path)
	require.NoError(t, err)
	require.Equal(t, 3, loaded.Count("int i", 0))
}

func FuzzParse(f *testing.F) {
	f.Add(model(nil))
	f.Add([]byte("IQ== 0\nIg== 1\n"))
	f.Add([]byte(`{"model":{"type":"BPE","vocab":[],"merges":[["a"]]}}`))
	f.Add([]byte(`{"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Split","behavior":"Isolated","pattern":{"Regex":"(a+)+$"}}]}}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		loaded, err := parse(content)
		if err == nil {
			require.GreaterOrEqual(t, loaded.Count("int x = 1;\n", 0), 1)
		}
	})
}

// A word of any length is encoded in a time that grows little faster than it.
func TestLongWords(t *testing.T) {
	ours, err := Default()
	require.NoError(t, err)
	for _, word := range []string{strings.Repeat("a", 1<<20), strings.Repeat("=-", 1<<19), strings.Repeat(" ", 1<<20)} {
		require.Positive(t, ours.Count(word, 0))
	}
}

func TestExpressionsCompile(t *testing.T) {
	for _, expression := range []string{cl100kExpression, qwen2Expression, gpt2Expression} {
		_, err := regexp2.Compile(expression, regexp2.None)
		require.NoError(t, err)
	}
	require.Len(t, slices.Compact(slices.Sorted(slices.Values(visible[:]))), 256)
}

// BenchmarkCount counts lines that were seen before, and lines that were not.
func BenchmarkCount(b *testing.B) {
	ours, err := Default()
	require.NoError(b, err)
	var text strings.Builder
	files, err := filepath.Glob("../*.go")
	require.NoError(b, err)
	for _, name := range files {
		content, err := os.ReadFile(name)
		require.NoError(b, err)
		text.Write(content)
	}
	b.Run("known lines", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		b.ReportAllocs()
		for b.Loop() {
			ours.Count(text.String(), 0)
		}
	})
	b.Run("new lines", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		b.ReportAllocs()
		for b.Loop() {
			for line := range strings.Lines(text.String()) {
				ours.countWords(ours.split.(pattern), line)
			}
		}
	})
}

// BenchmarkDefault makes the default tokenizer anew each time; the vocabulary is
// read by the library once.
func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		ranks, err := cl100kRanks()
		require.NoError(b, err)
		fromRanks(ranks)
	}
}
