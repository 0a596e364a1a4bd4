// Package source holds the beginnings of a stream: where commits come from.
//
// [Git] reads a repository on this machine. It reads objects by itself, from
// the repository's packs; the git program is asked only which commits there
// are, and for what the native reader does not know.
package source
