//go:build !purego

package blanks

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

// strip is [stripWords] by the processor's shuffles, if it has them.
func strip(dst []byte, text string) (done, kept int) {
	if !cpu.X86.HasAVX2 || !cpu.X86.HasPOPCNT {
		return stripWords(dst, text)
	}
	done = len(text) &^ (vector - 1)
	if done == 0 {
		return 0, 0
	}
	return done, stripVectors(&dst[0], unsafe.StringData(text), done, &shuffles)
}

// vector is the number of bytes that stripVectors takes at a time.
const vector = 16

// shuffles gives for each eight bytes, of which a set bit tells that one is white
// space, where the others stand.
var shuffles = func() (table [256][8]byte) {
	for blank := range table {
		kept := 0
		for i := range 8 {
			if blank>>i&1 == 0 {
				table[blank][kept] = byte(i)
				kept++
			}
		}
	}
	return table
}()

// stripVectors writes what is not white space among n bytes, a multiple of [vector],
// and gives how much that is. It may write up to n bytes.
//
//go:noescape
func stripVectors(dst, text *byte, n int, shuffles *[256][8]byte) (kept int)
