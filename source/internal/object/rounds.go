package object

import "encoding/binary"

// Where at least this many bytes of the source and of dst are left, a round
// needs to look at neither end.
const (
	roomAhead  = 16 // two times eight bytes, of which at most seven are used up
	roomBehind = 5  // literals: four in a run, and one with a long code
	// matchExcess is how far the copying of a match may run over its end. What
	// it writes there is overwritten later.
	matchExcess = 16
)

// ending is how rounds come to an end.
type ending int

const (
	roomIsShort ending = iota // the rest of the block is for carefulBlock
	blockEnds
	unsound
)

// rounds decompresses the symbols of a block as long as neither the source nor dst
// comes near its end. It gives how much of dst is done then.
//
// It is the way of processors that quickRounds is not written for.
func (d *deflate) rounds(dst []byte, done int, literals *literalCode, distances *distanceCode) (int, ending) {
	// The state lives in local variables here, so that it stays in registers.
	source, next, ahead, count := d.source, d.next, d.ahead, uint(d.count)
	// Each round begins with 56 bits or more in ahead, of which e is the entry.
	ahead |= binary.LittleEndian.Uint64(source[next:]) << (count & 63)
	next += int(7 - count>>3&7)
	count |= 56
	e := literals[ahead&(1<<literalBits-1)]
	for next <= len(source)-roomAhead && done <= len(dst)-roomBehind {
		if e&literalFlag != 0 {
			// Literals come in runs, and 56 bits hold four with the next entry.
			ahead >>= e & bitsMask
			count -= uint(e & bitsMask)
			dst[done] = byte(e >> valueShift)
			done++
			if e = literals[ahead&(1<<literalBits-1)]; e&literalFlag != 0 {
				ahead >>= e & bitsMask
				count -= uint(e & bitsMask)
				dst[done] = byte(e >> valueShift)
				done++
				if e = literals[ahead&(1<<literalBits-1)]; e&literalFlag != 0 {
					ahead >>= e & bitsMask
					count -= uint(e & bitsMask)
					dst[done] = byte(e >> valueShift)
					done++
					if e = literals[ahead&(1<<literalBits-1)]; e&literalFlag != 0 {
						ahead >>= e & bitsMask
						count -= uint(e & bitsMask)
						dst[done] = byte(e >> valueShift)
						done++
						e = literals[ahead&(1<<literalBits-1)]
					}
				}
			}
			ahead |= binary.LittleEndian.Uint64(source[next:]) << (count & 63)
			next += int(7 - count>>3&7)
			count |= 56
			if e&literalFlag != 0 {
				continue
			}
		}
		if e&specialFlag != 0 {
			if e&moreFlag != 0 {
				rest := ahead >> literalBits & (1<<(e>>codeShift&codeMask) - 1)
				e = literals[uint64(e>>valueShift)+rest]
			}
			switch {
			case e&literalFlag != 0:
				ahead >>= e & bitsMask
				count -= uint(e & bitsMask)
				dst[done] = byte(e >> valueShift)
				done++
				ahead |= binary.LittleEndian.Uint64(source[next:]) << (count & 63)
				next += int(7 - count>>3&7)
				count |= 56
				e = literals[ahead&(1<<literalBits-1)]
				continue
			case e&endFlag != 0:
				d.next, d.ahead, d.count = next, ahead>>(e&bitsMask), int(count)-int(e&bitsMask)
				return done, blockEnds
			case e&specialFlag != 0:
				return done, unsound
			}
		}
		// At most 15+5 bits for the length and 15+13 for the distance.
		length := int(e>>valueShift) + int(ahead&(1<<(e&bitsMask)-1)>>(e>>codeShift&codeMask))
		ahead >>= e & bitsMask
		count -= uint(e & bitsMask)

		e = distances[ahead&(1<<distanceBits-1)]
		if e&specialFlag != 0 {
			if e&moreFlag != 0 {
				rest := ahead >> distanceBits & (1<<(e>>codeShift&codeMask) - 1)
				e = distances[uint64(e>>valueShift)+rest]
			}
			if e&specialFlag != 0 {
				return done, unsound
			}
		}
		distance := int(e>>valueShift) + int(ahead&(1<<(e&bitsMask)-1)>>(e>>codeShift&codeMask))
		ahead >>= e & bitsMask
		count -= uint(e & bitsMask)
		ahead |= binary.LittleEndian.Uint64(source[next:]) << (count & 63)
		next += int(7 - count>>3&7)
		count |= 56
		e = literals[ahead&(1<<literalBits-1)]

		from, end := done-distance, done+length
		if from < 0 {
			return done, unsound
		}
		if distance < 8 || end > len(dst)-matchExcess {
			if end > len(dst) {
				return done, unsound
			}
			repeat(dst[from:end], distance)
			done = end
			continue
		}
		binary.LittleEndian.PutUint64(dst[done:], binary.LittleEndian.Uint64(dst[from:]))
		binary.LittleEndian.PutUint64(dst[done+8:], binary.LittleEndian.Uint64(dst[from+8:]))
		for length > 16 {
			done, from, length = done+16, from+16, length-16
			binary.LittleEndian.PutUint64(dst[done:], binary.LittleEndian.Uint64(dst[from:]))
			binary.LittleEndian.PutUint64(dst[done+8:], binary.LittleEndian.Uint64(dst[from+8:]))
		}
		done = end
	}
	d.next, d.ahead, d.count = next, ahead, int(count)
	return done, roomIsShort
}

// repeat fills b with repetitions of its first period bytes.
func repeat(b []byte, period int) {
	for done := period; done < len(b); { // each round doubles what is there
		done += copy(b[done:], b[:done])
	}
}
