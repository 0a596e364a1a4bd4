//go:build !amd64 || purego

package unified

func lastOpeningFrom(_ []byte, at int) (place int, found bool) { return at, false }
