package rename

import (
	"bytes"
	"math/bits"
)

// How git cuts a file into pieces and tells them apart. A piece ends with a
// newline or after 64 bytes. The pieces are known by a number below buckets
// only, so pieces that share a number by chance count as equal, and git's
// index of similarity can be had with the same numbers alone.
const (
	maxPiece = 64
	buckets  = 107927
	spread   = 97
)

// binaryHead is how much of a file is searched for a NUL, which makes it
// binary.
const binaryHead = 8000

// digest is what a file is compared by: the bytes of its pieces, by the number
// of the piece, in no particular order.
type digest struct {
	pieces []piece
	total  int // the bytes of all pieces
}

// piece is the weight of all pieces of one number, in bytes.
type piece struct{ number, weight uint32 }

// bytes gives the memory that the digest takes.
func (d *digest) bytes() int { return 48 + 8*cap(d.pieces) }

// weights is a digest as a table: the weight by the number.
type weights [buckets]uint32

// digester makes digests. Its memory is used again for each.
type digester struct {
	weights weights // zero between two digests
	seen    []uint32
}

// digest cuts a content into pieces. A last piece that neither ends in a
// newline nor is full is not counted: git 2.39 leaves it out. In text
// files, the CR of a CRLF is not counted either.
func (g *digester) digest(content []byte) *digest {
	isText := bytes.IndexByte(content[:min(len(content), binaryHead)], 0) < 0
	if isText && bytes.Contains(content, []byte("\r\n")) {
		g.cutWithoutCR(content)
	} else {
		g.cut(content)
	}
	return g.collect()
}

// cut cuts a content where all bytes count.
func (g *digester) cut(content []byte) {
	for len(content) > 0 {
		n := bytes.IndexByte(content[:min(len(content), maxPiece)], '\n') + 1
		if n == 0 {
			if len(content) < maxPiece {
				return
			}
			n = maxPiece
		}
		var h roll
		for _, c := range content[:n] {
			h = h.add(c)
		}
		g.count(h, n)
		content = content[n:]
	}
}

// cutWithoutCR cuts a content, as if the CRs before newlines were not there.
func (g *digester) cutWithoutCR(content []byte) {
	var h roll
	n := 0
	for i, c := range content {
		if c == '\r' && i+1 < len(content) && content[i+1] == '\n' {
			continue
		}
		h = h.add(c)
		n++
		if n == maxPiece || c == '\n' {
			g.count(h, n)
			h, n = 0, 0
		}
	}
}

// count notes a piece of n bytes.
func (g *digester) count(h roll, n int) {
	number := h.number()
	if g.weights[number] == 0 {
		g.seen = append(g.seen, number)
	}
	g.weights[number] += uint32(n)
}

// collect gives the digest of what was counted, and clears the table.
func (g *digester) collect() *digest {
	d := &digest{pieces: make([]piece, len(g.seen))}
	for i, number := range g.seen {
		weight := g.weights[number]
		d.pieces[i] = piece{number, weight}
		d.total += int(weight)
		g.weights[number] = 0
	}
	g.seen = g.seen[:0]
	return d
}

// roll is the hash of a piece so far: two words of 32 bits, of which each
// takes over the bits that are shifted out of the other. As one word of 64
// bits, that is a rotation.
type roll uint64

// add takes in a byte: it is added to the lower word, without a carry into the
// upper one.
func (h roll) add(c byte) roll {
	r := bits.RotateLeft64(uint64(h), 7)
	sum := r + uint64(c)
	if uint32(sum) < uint32(r) {
		sum -= 1 << 32
	}
	return roll(sum)
}

// number gives the number that the piece is known by.
func (h roll) number() uint32 {
	return (uint32(h) + uint32(h>>32)*spread) % buckets
}

// load writes a digest into the table, which is zero.
func (w *weights) load(d *digest) {
	for _, p := range d.pieces {
		w[p.number] = p.weight
	}
}

// unload makes the table zero again.
func (w *weights) unload(d *digest) {
	for _, p := range d.pieces {
		w[p.number] = 0
	}
}

// shared gives the bytes that the loaded file and another have in common.
func (w *weights) shared(d *digest) int {
	sum := 0
	for _, p := range d.pieces {
		sum += int(min(p.weight, w[p.number]))
	}
	return sum
}
