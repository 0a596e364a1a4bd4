package object

import (
	"bytes"
	"math/bits"
)

// What a table entry stands for: bits 0–4 hold the number of bits it takes from
// the input, extra bits included, bits 8–11 how many of these are the code,
// bits 16–30 the value, which the extra bits are added to. An entry with the
// special flag and no other is no code at all.
const (
	literalFlag = 1 << 31 // the value is a byte of output
	specialFlag = 1 << 15 // not a plain literal, length or distance
	endFlag     = 1 << 14 // with special: the block ends
	moreFlag    = 1 << 13 // with special: the value is the place of a second table
	invalid     = specialFlag

	valueShift = 16
	codeShift  = 8
	codeMask   = 15
	bitsMask   = 31
)

// longestCode is the longest code deflate allows.
const longestCode = 15

// The codes of a deflate block, as tables. An entry is found in one step by the
// next bits of the input if its code is no longer than the first table is wide.
// Longer codes that begin with the same bits share a second table, whose width
// stands in the entry of the first where a code's length otherwise does.
//
// A second table is shared by two codes or more, as only complete codes are
// taken: for literals and lengths at most 143 tables of 2^5 entries, for
// distances 15 of 2^7.
type (
	literalCode  [literalEntries]uint32
	distanceCode [distanceEntries]uint32
	lengthsCode  [1 << lengthsBits]uint32
)

// The widths of first tables, and the sizes of all that belong to a code.
const (
	literalBits  = 10
	distanceBits = 8
	lengthsBits  = 7 // codes of code lengths are never longer

	literalEntries  = 1<<literalBits + 143<<(longestCode-literalBits)
	distanceEntries = 1<<distanceBits + 15<<(longestCode-distanceBits)
)

// build makes the table of the canonical code (RFC 1951, 3.2.2) with the given
// length for each symbol, at most 15; used are the symbols that have one, which
// are few of them all, and meanings the entries that stand for the symbols,
// without a code. It refuses codes that are ambiguous, or incomplete in ways that
// encoders do not use.
func build(table []uint32, width uint, lengths []uint8, used []uint16, meanings []uint32) bool {
	var count [longestCode + 1]int
	for _, symbol := range used {
		count[lengths[symbol]&longestCode]++
	}
	longest, ok := checkCode(&count)
	if !ok {
		return false
	}
	var next [longestCode + 1]int // where the symbols of a length begin
	for n := 1; n < longestCode; n++ {
		next[n+1] = next[n] + count[n]
	}
	var sorted [288]uint16
	for _, symbol := range used {
		n := lengths[symbol] & longestCode
		sorted[next[n]] = symbol
		next[n]++
	}
	fill(table, width, &count, sorted[:], meanings, longest)
	return true
}

// usedSymbols lists the symbols that have a length in used, which is as long as
// lengths.
func usedSymbols(lengths []uint8, used []uint16) []uint16 {
	n := 0
	for symbol, length := range lengths {
		used[n] = uint16(symbol)
		n += int(length+longestCode) >> 4 // one more, unless the length is zero
	}
	return used[:n]
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
func fill(table []uint32, width uint, count *[longestCode + 1]int, sorted []uint16, meanings []uint32, longest uint) {
	table[0] = invalid
	code := uint16(0)
	for n := uint(1); n <= width; n++ {
		half := 1 << (n - 1)
		copy(table[half:2*half], table[:half])
		for range count[n&longestCode] {
			table[bits.Reverse16(code)>>(16-n)] = meaning(meanings, sorted[0], n)
			sorted = sorted[1:]
			code++
		}
		code <<= 1
	}
	if longest <= width {
		return
	}
	rest := longest - width // bits of every second table
	second, prefix := 1<<width, -1
	for n := width + 1; n <= longest; n++ {
		for range count[n&longestCode] {
			reversed := int(bits.Reverse16(code) >> (16 - n))
			if p := reversed & (1<<width - 1); p != prefix {
				if prefix >= 0 {
					second += 1 << rest
				}
				prefix = p
				table[p] = specialFlag | moreFlag | uint32(second)<<valueShift | uint32(rest)<<codeShift
			}
			for i := reversed >> width; i < 1<<rest; i += 1 << (n - width) {
				table[second+i] = meaning(meanings, sorted[0], n)
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
	return meanings[symbol] + uint32(n)<<codeShift + uint32(n)
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
		m[257+i] = length<<valueShift | extra
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
		m[i] = distance<<valueShift | extra
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

func makeFixed() (literals *literalCode, distances *distanceCode) {
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
	literals, distances = new(literalCode), new(distanceCode)
	build(literals[:], literalBits, lengths[:], usedSymbols(lengths[:], make([]uint16, 288)), literalMeanings)
	five := bytes.Repeat([]byte{5}, 32)
	build(distances[:], distanceBits, five, usedSymbols(five, make([]uint16, 32)), distanceMeanings)
	return literals, distances
}
