package object

import "os"

const (
	// mostMapped is the size of all packs from which on they are read by pieces.
	mostMapped = 512 << 20
	// openPacks is about how many packs are kept open at most to read them by pieces.
	openPacks = 64
	// firstPiece is how much is read of an entry at first: the whole of most deltas.
	firstPiece = 1 << 10
	// mostPieces is the memory for the pieces of a chain.
	mostPieces = 256 << 10
)

// choosePieces makes packs from a number on be read by pieces if all packs together are
// much larger than what stays mapped of them: nearly every entry would bring in pages that
// were given up before, and a fault costs some four times as much as reading the entry.
// Small packs among them stay mapped.
func choosePieces(packs []*pack, from, most int) {
	total := 0
	for _, p := range packs {
		total += len(p.data)
	}
	if total <= most {
		return
	}
	for _, p := range packs[from:] {
		if len(p.data) >= total/openPacks {
			p.readByPieces()
		}
	}
}

// readByPieces makes entries be read from the file, as far as their chains are not long.
// If the file cannot be opened, mapped is good enough.
func (p *pack) readByPieces() {
	if file, err := os.Open(p.name); err == nil {
		p.file = file
	}
}

// entry reads the header at an offset of a pack, and as much behind it as the content
// is likely to take. What it gives is valid until w is released. Where anything stands in
// the way, it reads what is mapped.
func (w *scratch) entry(p *pack, offset uint64) (entry, error) {
	piece, ok := w.piece(p, offset, firstPiece)
	if !ok {
		return p.entry(offset)
	}
	e, err := p.parse(offset, piece)
	if err != nil {
		return p.entry(offset)
	}
	e.pack = p
	header := len(piece) - len(e.body)
	if need := header + likelyCompressed(e.size); need > len(piece) {
		if piece, ok = w.extend(p, offset, piece, need); !ok {
			return p.entry(offset)
		}
		e.body = piece[header:]
	}
	return e, nil
}

// likelyCompressed is how much of a pack the content of an entry hardly ever exceeds.
// Where it does, [entry.rest] has the remainder.
func likelyCompressed(size uint64) int {
	if size < firstPiece {
		return int(size) + 64
	}
	return int(min(size/2, mostPieces)) + firstPiece/2 + 64
}

// piece reads n bytes of a pack, or as many as there are; ok is false if there is no
// room for them, or they cannot be read that way.
func (w *scratch) piece(p *pack, offset uint64, n int) (piece []byte, ok bool) {
	if p.file == nil || offset < packHeader || offset >= uint64(len(p.data)) {
		return nil, false
	}
	if w.pieces == nil {
		w.pieces = make([]byte, 0, mostPieces)
	}
	begin := len(w.pieces)
	return w.extend(p, offset, w.pieces[begin:begin], n)
}

// extend reads on behind the last piece until it has n bytes.
func (w *scratch) extend(p *pack, offset uint64, piece []byte, n int) (_ []byte, ok bool) {
	n = int(min(uint64(n), uint64(len(p.data))-offset))
	have := len(piece)
	if n > cap(piece) {
		return nil, false
	}
	piece = piece[:n]
	if _, err := p.file.ReadAt(piece[have:], int64(offset)+int64(have)); err != nil {
		return nil, false
	}
	w.pieces = w.pieces[:len(w.pieces)+n-have]
	return piece, true
}
