//go:build !amd64 || purego

package blanks

func strip(dst []byte, text string) (done, kept int) { return stripWords(dst, text) }
