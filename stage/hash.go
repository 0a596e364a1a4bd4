package stage

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// Hash is the SHA-1 id of a git object. The zero Hash stands for "no object",
// as git's all-zero id does: the parent side of an added file, for example.
type Hash [20]byte

// ParseHash reads the 40 hexadecimal digits of a full object id; either case
// is accepted, abbreviations are not.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != 2*len(h) {
		return Hash{}, fmt.Errorf("object id %.60q has %d characters, want 40 hexadecimal digits", s, len(s))
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return Hash{}, fmt.Errorf("object id %q: %w", s, err)
	}
	return h, nil
}

// IsZero reports whether h stands for "no object".
func (h Hash) IsZero() bool { return h == Hash{} }

// InSample tells whether h belongs to a share of all hashes, 0 to 1, chosen by its
// first four bytes (the lowest first). So a sample is the same one every time, a
// smaller one is a part of a larger one, and a database can choose it as well.
func (h Hash) InSample(share float64) bool {
	return float64(binary.LittleEndian.Uint32(h[:])) < share*(1<<32)
}

// String gives the 40 hexadecimal digits in lower case.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// AppendText appends the 40 hexadecimal digits to dst; it never fails. With
// [Hash.UnmarshalText] it lets encoders write a hash as text.
func (h Hash) AppendText(dst []byte) ([]byte, error) { return hex.AppendEncode(dst, h[:]), nil }

// MarshalText gives the 40 hexadecimal digits; it never fails.
func (h Hash) MarshalText() ([]byte, error) { return h.AppendText(nil) }

// UnmarshalText is the inverse of [Hash.MarshalText].
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, err := ParseHash(string(text))
	if err != nil {
		return err
	}
	*h = parsed
	return nil
}
