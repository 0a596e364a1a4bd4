//go:build !purego

package object

import "golang.org/x/sys/cpu"

// roundsByAssembly tells whether the processor has the instructions of quickRounds.
var roundsByAssembly = cpu.X86.HasBMI2

// quickRounds does what [deflate.rounds] does, with the same tables.
//
//go:noescape
func quickRounds(d *deflate, dst []byte, done int, literals *literalCode, distances *distanceCode) (nowDone int, how ending)
