package tokenizer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// file is what is read of a tokenizer.json.
type file struct {
	Normalizer   *component `json:"normalizer"`
	PreTokenizer *component `json:"pre_tokenizer"`
	Model        struct {
		Type         string            `json:"type"`
		Vocab        json.RawMessage   `json:"vocab"`
		Merges       []json.RawMessage `json:"merges"`
		IgnoreMerges bool              `json:"ignore_merges"`
		ByteFallback bool              `json:"byte_fallback"`
		Prefix       string            `json:"continuing_subword_prefix"`
		Suffix       string            `json:"end_of_word_suffix"`
		Dropout      *float64          `json:"dropout"`
	} `json:"model"`
}

// component is a normalizer or pre-tokenizer.
type component struct {
	Type          string      `json:"type"`
	Normalizers   []component `json:"normalizers"`
	PreTokenizers []component `json:"pretokenizers"`
	Pattern       struct {
		Regex  string  `json:"Regex"`
		String *string `json:"String"`
	} `json:"pattern"`
	Behavior         string `json:"behavior"`
	Invert           bool   `json:"invert"`
	AddPrefixSpace   bool   `json:"add_prefix_space"`
	UseRegex         *bool  `json:"use_regex"` // true where it is missing
	IndividualDigits bool   `json:"individual_digits"`
}

var errNotByteLevel = errors.New("not byte-level: its words are not split before they are encoded")

// parseJSON reads a tokenizer.json.
func parseJSON(content []byte) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(content, &f); err != nil {
		return nil, fmt.Errorf("not a tokenizer.json: %w", err)
	}
	m := &f.Model
	switch {
	case m.Type != "BPE" && (m.Type != "" || len(m.Merges) == 0):
		return nil, fmt.Errorf("a model of type %q: only byte-level BPE is read", m.Type)
	case m.Prefix != "" || m.Suffix != "" || m.Dropout != nil && *m.Dropout != 0:
		return nil, errors.New("a BPE model with subword prefixes, suffixes or dropout: only byte-level BPE is read")
	}
	split, err := readSplit(f.PreTokenizer)
	if err != nil {
		return nil, err
	}
	e, err := readModel(m.Vocab, m.Merges, m.IgnoreMerges)
	if err != nil {
		return nil, err
	}
	t := newTokenizer(split, e)
	if err := t.normalize(f.Normalizer); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *Tokenizer) normalize(c *component) error {
	switch {
	case c == nil:
	case c.Type == "NFC":
		t.nfc = true
	case c.Type == "Sequence":
		for i := range c.Normalizers {
			if err := t.normalize(&c.Normalizers[i]); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("a normalizer of type %q: only NFC is read", c.Type)
	}
	return nil
}

// readModel reads the vocabulary and the merges, in which bytes are written as
// visible characters.
func readModel(vocab json.RawMessage, merges []json.RawMessage, whole bool) (*encoding, error) {
	var ids map[string]uint32
	if err := json.Unmarshal(vocab, &ids); err != nil {
		return nil, fmt.Errorf("the model's vocabulary: %w", err)
	}
	e := &encoding{whole: map[string]struct{}{}, pairs: newPairs(len(merges))}
	for b := range e.bytes {
		id, ok := ids[string(visible[b])]
		if !ok {
			return nil, fmt.Errorf("%w: the vocabulary lacks byte %#x", errNotByteLevel, b)
		}
		e.bytes[b] = id
	}
	if whole {
		for token := range ids {
			if word, ok := invisible(token); ok {
				e.whole[word] = struct{}{}
			}
		}
	}
	for rank, raw := range merges {
		left, right, err := readMerge(raw)
		if err != nil {
			return nil, err
		}
		first, ok := ids[left]
		second, also := ids[right]
		joined, known := ids[left+right]
		if !ok || !also || !known {
			return nil, fmt.Errorf("merge %d joins %.40q and %.40q, which the vocabulary does not know", rank, left, right)
		}
		pair := [2]uint32{first, second}
		if _, twice := e.pairs.find(pair); !twice {
			e.pairs.add(pair, merge{uint32(rank), joined})
		}
	}
	return e.ready(), nil
}

// readMerge reads "left right" or ["left", "right"]: there are files of both kinds.
func readMerge(raw json.RawMessage) (left, right string, err error) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		left, right, ok := strings.Cut(text, " ")
		if !ok {
			return "", "", fmt.Errorf("a merge of one part: %.40q", text)
		}
		return left, right, nil
	}
	var parts []string
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts) != 2 {
		return "", "", fmt.Errorf("a merge that is no pair: %.80s", raw)
	}
	return parts[0], parts[1], nil
}

// visible is how byte-level vocabularies write bytes: printable Latin-1 as itself,
// the others as the characters from U+0100 on, in order.
var visible = func() (runes [256]rune) {
	next := rune(0x100)
	for b := range runes {
		switch r := rune(b); {
		case '!' <= r && r <= '~', '¡' <= r && r <= '¬', '®' <= r && r <= 'ÿ':
			runes[b] = r
		default:
			runes[b] = next
			next++
		}
	}
	return runes
}()

var byteOf = func() map[rune]byte {
	bytes := make(map[rune]byte, len(visible))
	for b, r := range visible {
		bytes[r] = byte(b)
	}
	return bytes
}()

// invisible gives the bytes that a token of the vocabulary stands for.
func invisible(token string) (string, bool) {
	text := make([]byte, 0, len(token))
	for _, r := range token {
		b, ok := byteOf[r]
		if !ok || r == utf8.RuneError {
			return "", false
		}
		text = append(text, b)
	}
	return string(text), true
}
