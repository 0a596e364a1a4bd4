package object

import "math/bits"

// What a table entry stands for: bits 0–4 hold the length of its code, bits
// 8–12 the number of extra bits that follow the code, bits 16–30 the value. An
// entry with the special flag and no other is no code at all.
const (
	literalFlag = 1 << 31 // the value is a byte of output
	specialFlag = 1 << 15 // not a plain literal, length or distance
	endFlag     = 1 << 14 // with special: the block ends
	moreFlag    = 1 << 13 // with special: the value is the place of a second table
	invalid     = specialFlag

	valueShift = 16
	valueMask  = 1<<15 - 1
	extraShift = 8
	extraMask  = 31
	bitsMask   = 31
)

// longestCode is the longest code deflate allows.
const longestCode = 15

// huffman decodes one alphabet of a deflate block. Codes of up to firstBits
// bits are found in one step, longer ones through a second table, which all
// codes share that begin with the same firstBits bits.
type huffman struct {
	table     []uint32
	firstBits uint
	restBits  uint // of every second table
}

// The widths of first tables, and room for all second ones. A second table is
// shared by two codes or more, as only complete codes are taken: for lengths
// and literals at most 143 tables of 2^5 entries, for distances 15 of 2^7.
const (
	literalBits  = 10
	literalSpace = 1<<literalBits + 143<<(longestCode-literalBits)

	distanceBits  = 8
	distanceSpace = 1<<distanceBits + 15<<(longestCode-distanceBits)

	lengthsBits = 7 // codes of code lengths are never longer
)

// build makes the tables of the canonical code (RFC 1951, 3.2.2) with the
// given length for each symbol; meanings are the entries that stand for the
// symbols. It refuses codes that are ambiguous, or incomplete in ways that
// encoders do not use.
func (h *huffman) build(lengths []uint8, meanings []uint32, widest uint) bool {
	var count [longestCode + 1]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	longest, ok := checkCode(&count)
	if !ok {
		return false
	}
	var next [longestCode + 2]int // where the symbols of a length begin
	for n, c := range count {
		next[n+1] = next[n] + c
	}
	var sorted [288]uint16
	for symbol, n := range lengths {
		if n > 0 {
			sorted[next[n]] = uint16(symbol)
			next[n]++
		}
	}
	h.firstBits = min(longest, widest)
	h.restBits = longest - h.firstBits
	h.fill(&count, sorted[:], meanings, longest)
	return true
}

// checkCode gives the longest length in use. Codes must be complete, except
// that a block may use one distance, or none.
func checkCode(count *[longestCode + 1]int) (longest uint, ok bool) {
	open, used := 1, 0
	for n := uint(1); n <= longestCode; n++ {
		if open = 2*open - count[n]; open < 0 {
			return 0, false
		}
		if used += count[n]; count[n] > 0 {
			longest = n
		}
	}
	if used == 0 || used == 1 && longest == 1 {
		return 1, true
	}
	return longest, open == 0
}

// fill enters the codes, shortest first. Codes are looked up from their first
// bit on, which is the lowest of the input: so the first table is made by
// doubling, one bit at a time, and codes are reversed.
func (h *huffman) fill(count *[longestCode + 1]int, sorted []uint16, meanings []uint32, longest uint) {
	h.table[0] = invalid
	code := uint16(0)
	for n := uint(1); n <= h.firstBits; n++ {
		half := 1 << (n - 1)
		copy(h.table[half:2*half], h.table[:half])
		for range count[n] {
			h.table[bits.Reverse16(code)>>(16-n)] = meaning(meanings, sorted[0], n)
			sorted = sorted[1:]
			code++
		}
		code <<= 1
	}
	second, prefix := 1<<h.firstBits, -1
	for n := h.firstBits + 1; n <= longest; n++ {
		for range count[n] {
			reversed := int(bits.Reverse16(code) >> (16 - n))
			if p := reversed & (1<<h.firstBits - 1); p != prefix {
				if prefix >= 0 {
					second += 1 << h.restBits
				}
				prefix = p
				h.table[p] = specialFlag | moreFlag | uint32(second)<<valueShift
			}
			for i := reversed >> h.firstBits; i < 1<<h.restBits; i += 1 << (n - h.firstBits) {
				h.table[second+i] = meaning(meanings, sorted[0], n)
			}
			sorted = sorted[1:]
			code++
		}
		code <<= 1
	}
}

// meaning is the entry of a symbol whose code has n bits.
func meaning(meanings []uint32, symbol uint16, n uint) uint32 {
	if int(symbol) >= len(meanings) {
		return invalid
	}
	return meanings[symbol] | uint32(n)
}

// The meanings of symbols (RFC 1951, 3.2.5): literals, the end of the block and
// lengths; distances; and the alphabet of code lengths, which is plain.
var (
	literalMeanings  = makeLiteralMeanings()
	distanceMeanings = makeDistanceMeanings()
	lengthsMeanings  = makeLengthsMeanings()
)

func makeLiteralMeanings() []uint32 {
	m := make([]uint32, 286)
	for b := range 256 {
		m[b] = literalFlag | uint32(b)<<valueShift
	}
	m[256] = specialFlag | endFlag
	length := uint32(3)
	for i := range uint32(28) {
		extra := uint32(0)
		if i >= 8 {
			extra = i/4 - 1
		}
		m[257+i] = length<<valueShift | extra<<extraShift
		length += 1 << extra
	}
	m[285] = 258 << valueShift
	return m
}

func makeDistanceMeanings() []uint32 {
	m := make([]uint32, 30)
	distance := uint32(1)
	for i := range uint32(30) {
		extra := uint32(0)
		if i >= 4 {
			extra = i/2 - 1
		}
		m[i] = distance<<valueShift | extra<<extraShift
		distance += 1 << extra
	}
	return m
}

func makeLengthsMeanings() []uint32 {
	m := make([]uint32, 19)
	for i := range m {
		m[i] = uint32(i) << valueShift
	}
	return m
}

// fixedLiterals and fixedDistances are the code of blocks that bring none.
var fixedLiterals, fixedDistances = makeFixed()

func makeFixed() (literals, distances huffman) {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	literals.table = make([]uint32, 1<<9)
	literals.build(lengths[:], literalMeanings, literalBits)
	var five [32]uint8
	for i := range five {
		five[i] = 5
	}
	distances.table = make([]uint32, 1<<5)
	distances.build(five[:], distanceMeanings, distanceBits)
	return literals, distances
}
