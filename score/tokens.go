package score

// TokenCounter tells how many tokens a model makes of a text. It must be safe
// for concurrent use.
type TokenCounter func(text string) int

// EstimateTokens is the [TokenCounter] for models whose tokenizer is not at
// hand. It counts bytes by their kind and errs on the safe side: a letter or
// blank is a third of a token, a digit or a mark of punctuation two thirds, and
// a byte outside of ASCII a whole one. bench/README.md compares it with the
// tokenizers of some models on patches.
func EstimateTokens(text string) int {
	thirds := 0
	for i := range len(text) {
		thirds += int(tokenThirds[text[i]])
	}
	return (thirds + 2) / 3
}

// tokenThirds is the weight of each byte.
var tokenThirds = func() (weights [256]uint8) {
	for c := range weights {
		switch {
		case c >= 0x80:
			weights[c] = 3
		case 'a' <= c|0x20 && c|0x20 <= 'z' || c <= ' ':
			weights[c] = 1
		default:
			weights[c] = 2
		}
	}
	return weights
}()
