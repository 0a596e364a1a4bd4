package object

import "encoding/binary"

// adlerModulus is the largest prime below 2^16.
const adlerModulus = 65521

// adlerPart is how many bytes are added between two divisions by the modulus, far
// below what would overflow a sum.
const adlerPart = 1 << 16

// adlerBlock is the number of bytes that a vector holds.
const adlerBlock = 32

// adler gives the checksum that ends a zlib stream (RFC 1950): two sums, of the
// bytes and of all the values that the first one takes.
func adler(p []byte) uint32 {
	if !adlerVectors || len(p) < 2*adlerBlock {
		return adlerByWords(1, 0, p)
	}
	first, second := uint64(1), uint64(0)
	for len(p) >= adlerBlock {
		part := p[:min(len(p), adlerPart)&^(adlerBlock-1)]
		bytes, before, weighted := adlerSums(part)
		// Each byte counts once for every byte from its own on: as often as told in
		// its block, and for all bytes of the blocks after that.
		second += uint64(len(part))*first + adlerBlock*before + weighted
		first += bytes
		p = p[len(part):]
		first %= adlerModulus
		second %= adlerModulus
	}
	return adlerByWords(first, second, p)
}

// adlerByWords goes on from the two sums that the bytes before p have. It adds
// eight bytes at a time, in the lanes of four words.
func adlerByWords(first, second uint64, p []byte) uint32 {
	const (
		// The lanes hold 20 words: the second sums reach 255·(1+…+20) = 53,550.
		words  = 20
		every2 = 0x00ff00ff00ff00ff
		every4 = 0x0000ffff0000ffff
		ones   = 0x0001000100010001
	)
	for len(p) >= 8 {
		part := p[:min(len(p), adlerPart)]
		for len(part) >= 8 {
			size := min(len(part)/8, words) * 8
			var even, odd, evens, odds uint64
			for q := part[:size]; len(q) >= 8; q = q[8:] {
				word := binary.LittleEndian.Uint64(q)
				even += word & every2
				odd += word >> 8 & every2
				evens += even
				odds += odd
			}
			part = part[size:]
			// Each byte counts as often as there are words from its own on, times
			// eight, less its place in the word.
			all := even + odd
			rounds := (evens & every4) + (evens >> 16 & every4) + (odds & every4) + (odds >> 16 & every4)
			second += uint64(size)*first + 8*(rounds&(1<<32-1)+rounds>>32)
			second -= 2*(all*0x0000000100020003>>48) + odd*ones>>48
			first += all * ones >> 48
		}
		p = p[min(len(p), adlerPart)-len(part):]
		first %= adlerModulus
		second %= adlerModulus
	}
	for _, c := range p {
		first += uint64(c)
		second += first
	}
	return uint32(second%adlerModulus<<16 | first%adlerModulus)
}
