package stage

import (
	"context"
	"crypto/sha1"
	"encoding/binary"
	"hash"
	"math/bits"
	"strconv"
	"strings"
	"sync"

	"github.com/commitflow/commitflow/stage/internal/blanks"
)

// PatchIDs sets [Commit.PatchID] from the patches of the commit's files, so
// that it goes behind a [DiffParser]. Commits that make the same change have the
// same id, wherever in a file the change is: that is how backports without a
// marker are found.
//
// It makes no second diff and keeps nothing; what it costs is SHA-1 over the
// patch, about a microsecond for each kilobyte of it. Process is safe for
// concurrent use.
type PatchIDs struct {
	// Verbatim makes white space count, as `git patch-id --verbatim` does.
	Verbatim bool
}

var _ Processor[*Commit, *Commit] = PatchIDs{}

// Configuration names what a checkpoint must not change under a run.
func (p PatchIDs) Configuration() map[string]string {
	return map[string]string{"verbatim": strconv.FormatBool(p.Verbatim)}
}

// Process sets the commit's patch-id.
func (p PatchIDs) Process(_ context.Context, c *Commit, emit func(*Commit)) error {
	c.PatchID = patchID(c.Files, p.Verbatim)
	emit(c)
	return nil
}

// PatchID gives the patch-id of a commit's files, as
//
//	git log -p --full-index | git patch-id --stable
//
// gives it: it depends neither on line numbers, nor on white space, nor on the
// order of the files. It is zero where there is nothing to take it of: no
// files, none with a patch, or one whose patch is Missing or Truncated. A merge
// has none unless its files were asked for, and then that of its change
// against the first parent.
//
// See git-patch-id(1). What the manual leaves open is as git 2.39 was seen to
// do it: a file without hunks (a new mode, a mere rename, an empty file) counts
// as one with the file after it, so that its place does matter, of binary files
// the ids of the contents count, and the name of a file after one does not.
func PatchID(files []FileChange) Hash { return patchID(files, false) }

// VerbatimPatchID gives the patch-id as `git patch-id --verbatim` does, in which
// white space counts.
func VerbatimPatchID(files []FileChange) Hash { return patchID(files, true) }

func patchID(files []FileChange, verbatim bool) Hash {
	for i := range files {
		if files[i].Missing || files[i].Truncated {
			return Hash{}
		}
	}
	d := patchDigests.Get().(*patchDigest)
	defer patchDigests.Put(d)
	d.sum, d.verbatim = Hash{}, verbatim
	d.open, d.inHunks, d.binary, d.ids = false, false, false, ""
	for i := range files {
		d.patch(files[i].Patch, files[i].Hunks)
	}
	if d.open {
		d.endSection()
	}
	return d.sum
}

var patchDigests = sync.Pool{New: func() any { return &patchDigest{sha: sha1.New()} }}

// patchDigest takes the patch-id of one commit: the sum of the SHA-1 of each
// section. A section ends before the first "diff --git" line after its hunks,
// after a line that stands for a binary diff, and with the commit.
type patchDigest struct {
	verbatim bool
	sum      Hash
	sha      hash.Hash
	// text is what of a section is not yet in sha.
	text    []byte
	section Hash // the SHA-1 of the last section
	// open tells that there was a "diff --git" line, and inHunks and binary that
	// a hunk, or a line that stands for a binary diff, came after the last one.
	open, inHunks, binary bool
	// ids is the last "index" line.
	ids string
}

// patch takes a file's patch. hunks may be those of the patch, whose ends then need
// not be looked for.
func (d *patchDigest) patch(patch string, hunks []Hunk) {
	for patch != "" {
		line := firstLine(patch)
		patch = patch[len(line):]
		switch {
		case strings.HasPrefix(line, "diff --git "):
			if d.inHunks {
				d.endSection()
			}
			if !d.binary {
				d.lines(line)
			}
			d.inHunks, d.binary, d.open = false, false, true
		case strings.HasPrefix(line, "index "):
			d.ids = line
		case strings.HasPrefix(line, "Binary files "):
			d.objectIDs()
			d.endSection()
			d.inHunks, d.binary = false, true
		case strings.HasPrefix(line, "@@ -"):
			// Hunks that share the patch's memory are compared by their addresses.
			if len(hunks) > 0 && strings.HasPrefix(patch, hunks[0].Text) {
				d.hunk(hunks[0].Text)
				d.inHunks = true
				patch, hunks = patch[len(hunks[0].Text):], hunks[1:]
				continue
			}
			header, ok := parseHunkHeader(line)
			if !ok {
				d.lines(line)
				continue
			}
			length := hunkLength(patch, header)
			d.hunk(patch[:length])
			d.inHunks = true
			patch = patch[length:]
		default:
			d.lines(line)
		}
	}
}

// hunkLength is the length of the lines of a hunk, by the counts of its "@@"
// line. A remark that a line has no newline belongs to the line before it.
func hunkLength(text string, h hunkHeader) int {
	end := 0
	for end < len(text) {
		kind := text[end]
		switch {
		case kind == '\\':
		case h.oldLines <= 0 && h.newLines <= 0:
			return end
		case kind == '-':
			h.oldLines--
		case kind == '+':
			h.newLines--
		default:
			h.oldLines--
			h.newLines--
		}
		newline := strings.IndexByte(text[end:], '\n')
		if newline < 0 {
			return len(text)
		}
		end += newline + 1
	}
	return end
}

// hunk takes the lines of a hunk.
func (d *patchDigest) hunk(text string) {
	if d.verbatim {
		d.lines(text)
		return
	}
	// A remark about a missing newline is nothing but white space to git. Only
	// the last line of a file has one, so that there are two at most.
	for {
		remark := remarkIn(text)
		if remark < 0 {
			break
		}
		d.lines(text[:remark])
		text = text[remark:]
		text = text[len(firstLine(text)):]
	}
	d.lines(text)
}

// remarkIn finds a line, not the first one, that begins with a backslash; it gives
// -1 for none. Backslashes are rarer than lines.
func remarkIn(text string) int {
	for at := 0; ; at++ {
		next := strings.IndexByte(text[at:], '\\')
		if next < 0 {
			return -1
		}
		if at += next; at > 0 && text[at-1] == '\n' {
			return at
		}
	}
}

// lines takes whole lines. git sees a line up to its first NUL only.
func (d *patchDigest) lines(text string) {
	for {
		nul := strings.IndexByte(text, 0)
		if nul < 0 {
			break
		}
		d.add(text[:nul])
		newline := strings.IndexByte(text[nul:], '\n')
		if newline < 0 {
			return
		}
		text = text[nul+newline+1:]
	}
	d.add(text)
}

// digestBytes is how much text is gathered before it is hashed.
const digestBytes = 32 << 10

// add takes text, without its white space unless that counts.
func (d *patchDigest) add(text string) {
	for text != "" {
		part := text[:min(len(text), digestBytes)]
		text = text[len(part):]
		if len(d.text)+len(part) > digestBytes {
			d.flush()
		}
		if d.verbatim {
			d.text = append(d.text, part...)
		} else {
			d.text = blanks.Append(d.text, part)
		}
	}
}

// objectIDs takes the ids of the "index 1234..5678 100644" line.
func (d *patchDigest) objectIDs() {
	ids, _, _ := strings.Cut(strings.TrimSpace(strings.TrimPrefix(d.ids, "index ")), " ")
	before, after, _ := strings.Cut(ids, "..")
	d.add(before)
	d.add(after)
}

func (d *patchDigest) flush() {
	_, _ = d.sha.Write(d.text) // a hash never fails
	d.text = d.text[:0]
}

// endSection adds the section's SHA-1 to the sum, as numbers of 160 bits whose
// first byte is the lowest.
func (d *patchDigest) endSection() {
	d.flush()
	section := d.sha.Sum(d.section[:0])
	d.sha.Reset()
	low, carry := bits.Add64(binary.LittleEndian.Uint64(d.sum[:]), binary.LittleEndian.Uint64(section[:]), 0)
	middle, carry := bits.Add64(binary.LittleEndian.Uint64(d.sum[8:]), binary.LittleEndian.Uint64(section[8:]), carry)
	high := binary.LittleEndian.Uint32(d.sum[16:]) + binary.LittleEndian.Uint32(section[16:]) + uint32(carry)
	binary.LittleEndian.PutUint64(d.sum[:], low)
	binary.LittleEndian.PutUint64(d.sum[8:], middle)
	binary.LittleEndian.PutUint32(d.sum[16:], high)
}
