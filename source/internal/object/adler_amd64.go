//go:build !purego

package object

import "golang.org/x/sys/cpu"

// adlerVectors tells whether the processor has the instructions of adlerSums.
var adlerVectors = cpu.X86.HasAVX2

// adlerSums adds up blocks of [adlerBlock] bytes, as many as make up p, and not
// more than [adlerPart] bytes. It gives the sum of the bytes; the sum of what that
// was before each block; and the sum of the bytes times the number of those from
// each on to the end of its block.
//
//go:noescape
func adlerSums(p []byte) (bytes, before, weighted uint64)
