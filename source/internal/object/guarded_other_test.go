//go:build !linux

package object

import "testing"

func guarded(_ testing.TB, size int) []byte { return make([]byte, size) }
