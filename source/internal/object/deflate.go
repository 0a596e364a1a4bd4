package object

import "encoding/binary"

// deflate decompresses a zlib stream (RFC 1950, RFC 1951) whose size is known,
// from memory to memory in one go. That takes about half the time of a library
// which must be ready to stop at any byte and keeps a window of its own.
//
// It only ever says yes or no, and yes only where sizes and checksum are
// right. After a no, the library has the last word (see [inflater.inflate]), so
// that what counts as corrupt does not depend on this code.
type deflate struct {
	source []byte
	next   int    // the first byte of source that is not in ahead
	ahead  uint64 // the next bits, lowest first
	count  int    // how many of them; negative once the source is used up

	// The code of the current block, if it brings one.
	literals  literalCode
	distances distanceCode
}

// inflate fills dst with what source decompresses to, and reports whether that
// went without a fault.
func (d *deflate) inflate(dst, source []byte) bool {
	if len(source) < 6 || source[0]&15 != 8 || source[0]>>4 > 7 ||
		source[1]&0x20 != 0 || binary.BigEndian.Uint16(source)%31 != 0 {
		return false
	}
	d.source, d.next, d.ahead, d.count = source, 2, 0, 0
	defer func() { d.source = nil }() // it may be part of a mapped file
	done := 0
	for last := false; !last; {
		d.refill()
		last = d.take(1) == 1
		switch kind := d.take(2); kind {
		case 0:
			done = d.stored(dst, done)
		case 1:
			done = d.block(dst, done, fixedLiterals, fixedDistances)
		case 2:
			if !d.readCodes() {
				return false
			}
			done = d.block(dst, done, &d.literals, &d.distances)
		default:
			return false
		}
		if done < 0 {
			return false
		}
	}
	end := d.position()
	return done == len(dst) && end >= 0 && end+4 <= len(source) &&
		binary.BigEndian.Uint32(source[end:]) == adler(dst)
}

// refill brings at least 56 bits into ahead, or all that are left.
func (d *deflate) refill() {
	if d.count < 0 {
		return
	}
	if d.next+8 <= len(d.source) {
		// Bits that do not fit as a whole byte are brought in again next time.
		d.ahead |= binary.LittleEndian.Uint64(d.source[d.next:]) << (uint(d.count) & 63)
		d.next += (63 - d.count) >> 3
		d.count |= 56
		return
	}
	for d.count <= 56 && d.next < len(d.source) {
		d.ahead |= uint64(d.source[d.next]) << (uint(d.count) & 63)
		d.next++
		d.count += 8
	}
}

// take removes the next n bits; they must have been brought in by refill.
func (d *deflate) take(n uint) uint64 {
	v := d.ahead & (1<<n - 1)
	d.ahead >>= n & 63
	d.count -= int(n)
	return v
}

// position is the next whole byte of the source that was not used, or -1 if
// more was used than there is.
func (d *deflate) position() int {
	if d.count < 0 {
		return -1
	}
	return d.next - d.count/8
}

// stored copies a block that is not compressed. Like block it gives how much
// of dst is done then, or -1.
func (d *deflate) stored(dst []byte, done int) int {
	at := d.position()
	if at < 0 || at+4 > len(d.source) {
		return -1
	}
	size := int(binary.LittleEndian.Uint16(d.source[at:]))
	if check := int(binary.LittleEndian.Uint16(d.source[at+2:])); check != size^0xffff {
		return -1
	}
	at += 4
	if size > len(d.source)-at || size > len(dst)-done {
		return -1
	}
	d.next, d.ahead, d.count = at+size, 0, 0
	return done + copy(dst[done:], d.source[at:at+size])
}

// readCodes reads the codes that a block brings (RFC 1951, 3.2.7).
func (d *deflate) readCodes() bool {
	literals, distances := int(d.take(5))+257, int(d.take(5))+1
	given := int(d.take(4)) + 4
	if literals > 286 || distances > 30 {
		return false
	}
	var lengths [19]uint8
	for i := range given {
		d.refill()
		lengths[lengthsOrder[i]] = uint8(d.take(3))
	}
	var code lengthsCode
	var symbols [19]uint16
	if !build(code[:], lengthsBits, lengths[:], usedSymbols(lengths[:], symbols[:]), lengthsMeanings) {
		return false
	}
	var all [286 + 30]uint8
	var used [286 + 30]uint16
	n, split, ok := d.readLengths(all[:literals+distances], &used, literals, &code)
	if !ok {
		return false
	}
	for i := split; i < n; i++ {
		used[i] -= uint16(literals)
	}
	return build(d.literals[:], literalBits, all[:literals], used[:split], literalMeanings) &&
		build(d.distances[:], distanceBits, all[literals:], used[split:n], distanceMeanings)
}

// lengthsOrder is the order in which lengths of code length codes are stored.
var lengthsOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readLengths reads code lengths, which are themselves coded, with runs. It
// notes the symbols that have one in used, and gives their number, all in all and
// of those below split.
func (d *deflate) readLengths(lengths []uint8, used *[286 + 30]uint16, split int, code *lengthsCode) (n, below int, ok bool) {
	for i := 0; i < len(lengths); {
		if d.count < 7+7 {
			if d.refill(); d.count < 0 {
				return 0, 0, false
			}
		}
		e := code[d.ahead&(1<<lengthsBits-1)]
		if e&specialFlag != 0 {
			return 0, 0, false
		}
		d.take(uint(e & bitsMask))
		symbol := uint8(e >> valueShift)
		if symbol < 16 {
			lengths[i] = symbol
			used[n] = uint16(i)
			n += int(symbol+15) >> 4 // one more, unless the length is zero
			if i++; i <= split {
				below = n
			}
			continue
		}
		value, run := uint8(0), 0
		switch symbol {
		case 16:
			if i == 0 {
				return 0, 0, false
			}
			value, run = lengths[i-1], 3+int(d.take(2))
		case 17:
			run = 3 + int(d.take(3))
		case 18:
			run = 11 + int(d.take(7))
		}
		if run > len(lengths)-i {
			return 0, 0, false
		}
		if value == 0 {
			i += run // lengths are zero to begin with
			continue
		}
		for range run {
			lengths[i] = value
			used[n] = uint16(i)
			n++
			if i++; i <= split {
				below = n
			}
		}
	}
	return n, below, d.count >= 0
}

// block decompresses the symbols of a block to its end. It gives how much of
// dst is done then, or -1 if the data are not sound.
func (d *deflate) block(dst []byte, done int, literals *literalCode, distances *distanceCode) int {
	if d.count >= 0 && d.next <= len(d.source)-roomAhead {
		how := roomIsShort
		if roundsByAssembly {
			done, how = quickRounds(d, dst, done, literals, distances)
		} else {
			done, how = d.rounds(dst, done, literals, distances)
		}
		switch how {
		case blockEnds:
			return done
		case unsound:
			return -1
		}
	}
	return d.carefulBlock(dst, done, literals, distances)
}

// carefulBlock goes on where rounds leaves off, for the last bytes of the source and
// of dst: it may run out of either.
func (d *deflate) carefulBlock(dst []byte, done int, literals *literalCode, distances *distanceCode) int {
	for {
		d.refill()
		e := literals[d.ahead&(1<<literalBits-1)]
		if e&moreFlag != 0 {
			rest := d.ahead >> literalBits & (1<<(e>>codeShift&codeMask) - 1)
			e = literals[uint64(e>>valueShift)+rest]
		}
		if e&literalFlag != 0 {
			d.take(uint(e & bitsMask))
			if done == len(dst) || d.count < 0 {
				return -1
			}
			dst[done] = byte(e >> valueShift)
			done++
			continue
		}
		if e&endFlag != 0 {
			d.take(uint(e & bitsMask))
			return done
		}
		if e&specialFlag != 0 {
			return -1
		}
		length := d.value(e)
		e = distances[d.ahead&(1<<distanceBits-1)]
		if e&moreFlag != 0 {
			rest := d.ahead >> distanceBits & (1<<(e>>codeShift&codeMask) - 1)
			e = distances[uint64(e>>valueShift)+rest]
		}
		if e&specialFlag != 0 {
			return -1
		}
		distance := d.value(e)
		if distance > done || length > len(dst)-done || d.count < 0 {
			return -1
		}
		repeat(dst[done-distance:done+length], distance)
		done += length
	}
}

// value removes a code from the input, with its extra bits, and gives the
// length or distance that they stand for.
func (d *deflate) value(e uint32) int {
	return int(e>>valueShift) + int(d.take(uint(e&bitsMask))>>(e>>codeShift&codeMask))
}
