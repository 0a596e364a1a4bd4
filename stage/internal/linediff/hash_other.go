//go:build !amd64 || purego

package linediff

func hashLinesByVectors([]uint64, []byte, []int32) int { return 0 }
