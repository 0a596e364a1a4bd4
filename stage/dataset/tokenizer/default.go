package tokenizer

import (
	"fmt"
	"sync"

	"github.com/tiktoken-go/tokenizer/codec"
)

// Default gives OpenAI's cl100k_base, the tokenizer of GPT-4; that of Llama 3 makes
// the same words and nearly the same tokens of source code. It is made once, which
// takes about 0.2 s.
func Default() (*Tokenizer, error) { return cl100k() }

var cl100k = sync.OnceValues(func() (*Tokenizer, error) {
	ranks, err := cl100kRanks()
	if err != nil {
		return nil, err
	}
	t := newTokenizer(pattern{digits: 3}, fromRanks(ranks))
	t.name = "cl100k_base"
	return t, nil
})

// cl100kRanks gives the vocabulary. Of the library that brings it nothing else is
// used: it splits white space over several lines otherwise than the original.
func cl100kRanks() (map[string]uint32, error) {
	const tokens = 100256 // the special ones come after these
	source := codec.NewCl100kBase()
	ranks := make(map[string]uint32, tokens)
	for id := range uint(tokens) {
		token, err := source.Decode([]uint{id})
		if err != nil {
			return nil, fmt.Errorf("the embedded tokenizer: %w", err)
		}
		ranks[token] = uint32(id)
	}
	return ranks, nil
}
