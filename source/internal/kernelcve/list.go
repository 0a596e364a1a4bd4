package kernelcve

import (
	"errors"
	"fmt"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// ParseHashes reads a .sha1 or a .vulnerable file: one commit a line. Lines that
// hold none are left out, and the error, which is not fatal, names them.
func ParseHashes(text string) ([]stage.Hash, error) {
	var hashes []stage.Hash
	var bad []error
	for word := range strings.FieldsSeq(text) {
		h, err := stage.ParseHash(word)
		if err != nil {
			if len(bad) < maxBad {
				bad = append(bad, err)
			}
			continue
		}
		hashes = append(hashes, h)
	}
	return hashes, errors.Join(bad...)
}

// maxBad is how many bad lines of one file are told.
const maxBad = 10

// PrintHashes gives the file that ParseHashes reads.
func PrintHashes(hashes []stage.Hash) string {
	var b strings.Builder
	for _, h := range hashes {
		fmt.Fprintln(&b, h)
	}
	return b.String()
}

// ParseReferences reads a .reference file: one address a line.
func ParseReferences(text string) []string {
	var addresses []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			addresses = append(addresses, line)
		}
	}
	return addresses
}
