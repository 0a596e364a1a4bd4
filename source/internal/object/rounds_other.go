//go:build !amd64 || purego

package object

var roundsByAssembly = false

func quickRounds(*deflate, []byte, int, *literalCode, *distanceCode) (int, ending) {
	panic("no such instructions")
}
