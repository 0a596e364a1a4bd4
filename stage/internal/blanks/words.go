package blanks

import (
	"encoding/binary"
	"sync"
)

// stripWords writes what is not white space to dst, which is as long as the text. It
// gives how much of the text it has done, all but some last bytes, and how many
// bytes it has written. What is kept of eight bytes it finds by twos.
func stripWords(dst []byte, text string) (done, kept int) {
	rest, pairs := []byte(text), keptPairs()
	for len(rest) >= 8 && kept+8 <= len(dst) {
		word := binary.LittleEndian.Uint64(rest)
		rest = rest[8:]
		a, b, c, d := pairs[uint16(word)], pairs[uint16(word>>16)], pairs[uint16(word>>32)], pairs[uint16(word>>48)]
		lengthA, lengthC := a>>16, c>>16
		lengthAB := lengthA + b>>16
		together := uint64(uint16(a)) | uint64(uint16(b))<<(8*lengthA&63)
		together |= (uint64(uint16(c)) | uint64(uint16(d))<<(8*lengthC&63)) << (8 * lengthAB & 63)
		binary.LittleEndian.PutUint64(dst[kept:], together)
		kept += int(lengthAB + lengthC + d>>16)
	}
	return len(text) - len(rest), kept
}

// keptPairs gives for two bytes, the first of which is the lower, those of them
// that are not white space, and their number above these 16 bits.
var keptPairs = sync.OnceValue(func() *[1 << 16]uint32 {
	pairs := new([1 << 16]uint32)
	for pair := range pairs {
		text, kept := [...]byte{byte(pair), byte(pair >> 8)}, uint32(0)
		for _, c := range text {
			if !Is(c) {
				kept |= uint32(c) << (8 * (kept >> 16))
				kept += 1 << 16
			}
		}
		pairs[pair] = kept
	}
	return pairs
})
