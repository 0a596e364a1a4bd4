//go:build !linux

package sink

import "os"

// forgetPages leaves it to the system what it keeps of a file in memory.
func forgetPages(*os.File) {}
