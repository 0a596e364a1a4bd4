package stage

import "fmt"

// Strength tells who vouches for a label beyond the words of the message.
// Strengths are ordered, so that an export can ask for a least one, see
// [Commit.HasTagOf]. The zero value is the weakest.
type Strength uint8

// The strengths, from weak to strong.
const (
	// StrengthKeyword: words, trailers or paths of the commit itself.
	StrengthKeyword Strength = iota
	// StrengthStable: besides, the change was asked for in the stable trees.
	StrengthStable
	// StrengthSyzbot: a fuzzer has reached the error that the change mends.
	StrengthSyzbot
	// StrengthCVE: the project's own list of vulnerabilities names the commit.
	StrengthCVE
)

var strengths = [...]string{"keyword", "stable", "syzbot", "cve"}

// String gives "keyword", "stable", "syzbot" or "cve".
func (s Strength) String() string {
	if int(s) < len(strengths) {
		return strengths[s]
	}
	return fmt.Sprintf("Strength(%d)", uint8(s))
}

// MarshalText gives the strength's word.
func (s Strength) MarshalText() ([]byte, error) {
	if int(s) >= len(strengths) {
		return nil, fmt.Errorf("%v: no such strength", s)
	}
	return []byte(strengths[s]), nil
}

// UnmarshalText is the inverse of [Strength.MarshalText].
func (s *Strength) UnmarshalText(text []byte) error {
	for i, word := range strengths {
		if string(text) == word {
			*s = Strength(i)
			return nil
		}
	}
	return fmt.Errorf("strength %.20q: want keyword, stable, syzbot or cve", text)
}
