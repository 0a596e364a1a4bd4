package tokenizer

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// maxFile is the largest tokenizer file that is read; those of current models have
// up to some 30 MB.
const maxFile = 256 << 20

// Load reads a tokenizer from a file: a model's tokenizer.json, as Hugging Face's
// tokenizers library writes it, or OpenAI's .tiktoken, a list of tokens in base64
// with their ranks, which is taken to split words as cl100k_base does. It fails for
// other kinds of tokenizer than byte-level byte-pair encoding, and says so.
func Load(path string) (*Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("tokenizer %s: %d bytes: want at most %d", path, info.Size(), maxFile)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	t, err := parse(content)
	if err != nil {
		return nil, fmt.Errorf("tokenizer %s: %w", path, err)
	}
	sum := sha256.Sum256(content)
	t.name = fmt.Sprintf("%s (sha256 %x)", filepath.Base(path), sum[:6])
	return t, nil
}

// parse tells the two kinds of file apart by how they begin.
func parse(content []byte) (*Tokenizer, error) {
	if bytes.HasPrefix(bytes.TrimSpace(content), []byte("{")) {
		return parseJSON(content)
	}
	return parseRanks(content)
}

var errNoTokens = errors.New("neither a tokenizer.json nor a list of tokens in base64 with their ranks")

func parseRanks(content []byte) (*Tokenizer, error) {
	ranks := map[string]uint32{}
	for line := range bytes.Lines(content) {
		encoded, number, ok := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		if len(encoded) == 0 {
			continue
		}
		token, err := base64.StdEncoding.AppendDecode(nil, encoded)
		if !ok || err != nil {
			return nil, errNoTokens
		}
		rank, err := strconv.ParseUint(string(number), 10, 31)
		if err != nil || len(token) > maxToken {
			return nil, errNoTokens
		}
		ranks[string(token)] = uint32(rank)
	}
	if len(ranks) < 256 {
		return nil, errNoTokens
	}
	return newTokenizer(pattern{digits: 3}, fromRanks(ranks)), nil
}

// maxToken is the longest token that is believed; real ones have up to some
// hundred bytes.
const maxToken = 1 << 12
