// Package synthetic makes git histories of any size that look like the Linux
// kernel's, for tests and benchmarks: a deep tree of C code and its company,
// commits that edit functions in a few files, topic branches and merges, and
// messages with the trailers, reverts and backports that kernel commits have.
//
// Beside the common, a history holds what trips readers of git up: renames,
// copies, type changes, submodules, binaries, huge files, files without a
// final newline, CRLF, Latin-1, odd paths, odd names, zones and dates,
// messages in many encodings, octopus merges and several roots. Its first
// hundred or so commits show each of these once, so that a history of some
// 200 commits has them all; later ones come as rarely as in real life.
//
// A history follows from its options alone: the same give the same hashes, on
// every machine.
package synthetic
