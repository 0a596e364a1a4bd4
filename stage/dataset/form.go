package dataset

import (
	"fmt"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// Form is how an answer shows changed code.
type Form int

// The forms of an answer.
const (
	// Patch is the patch as git prints it, but for its "index" lines: they hold hashes
	// that no model can know, and git apply does not need them.
	Patch Form = iota
	// Blocks are search/replace blocks, as editors driven by a model take them. For
	// each file its name, then
	//
	//	<<<<<<< SEARCH
	//	lines as they were
	//	=======
	//	lines as they become
	//	>>>>>>> REPLACE
	//
	// The lines searched for occur just once in the file as it was: where the patch's
	// own context is not enough for that, there is more. A new file is one block that
	// searches for nothing.
	Blocks
	// Code is the new text of what the input shows, piece by piece:
	//
	//	+++ b/drivers/serial/serial.c
	//	@@ +120,36 @@
	//	static int serial_probe(struct udevice *dev)
	//	…
	//
	// It takes the place of the pieces of the input one by one.
	Code
)

var formNames = []string{"patch", "blocks", "code"}

// String gives "patch", "blocks" or "code".
func (f Form) String() string {
	if f < 0 || int(f) >= len(formNames) {
		return fmt.Sprintf("Form(%d)", int(f))
	}
	return formNames[f]
}

// ParseForm is the inverse of [Form.String].
func ParseForm(name string) (Form, error) {
	for i, known := range formNames {
		if name == known {
			return Form(i), nil
		}
	}
	return 0, fmt.Errorf("there is no form %q of an answer: choose from %s", name, strings.Join(formNames, ", "))
}

// dropMarks is why text that holds the marks of a block makes no blocks.
const dropMarks = "text like the marks of a block"

// write gives the change of some files in the form.
func (f Form) write(files []stage.FileChange, maxLines int) (string, error) {
	switch f {
	case Blocks:
		return blocks(files)
	case Code:
		return codeAfter(files, maxLines)
	}
	return patchOf(files), nil
}

// patchOf gives the patches of files, without their "index" lines.
func patchOf(files []stage.FileChange) string {
	size := 0
	for i := range files {
		size += len(files[i].Patch)
	}
	var out strings.Builder
	out.Grow(size)
	for i := range files {
		writePatch(&out, files[i].Patch)
	}
	return out.String()
}

// writePatch writes a file's patch, which may be of two sections where a file
// became a link.
func writePatch(out *strings.Builder, patch string) {
	header := patch
	if at := strings.Index(patch, "\n@@ -"); at >= 0 {
		header = patch[:at]
	}
	at := strings.Index(header, "\nindex ")
	if at < 0 {
		out.WriteString(patch)
		return
	}
	out.WriteString(patch[:at+1])
	rest := patch[at+1:]
	out.WriteString(rest[strings.IndexByte(rest, '\n')+1:])
}

// headerLines gives what a file's patch tells beside its text: new and old modes,
// renames and copies. None of it is said of most files.
func headerLines(f *stage.FileChange) string {
	var out strings.Builder
	first := true
	for line := range strings.Lines(f.Patch) {
		switch {
		case first: // "diff --git"
			first = false
		case strings.HasPrefix(line, "old mode "), strings.HasPrefix(line, "new mode "),
			strings.HasPrefix(line, "deleted file mode "), strings.HasPrefix(line, "new file mode "),
			strings.HasPrefix(line, "rename "), strings.HasPrefix(line, "copy "):
			out.WriteString(line)
		case strings.HasPrefix(line, "similarity index "), strings.HasPrefix(line, "index "):
		default:
			return out.String()
		}
	}
	return out.String()
}

// noNewline is how patches tell that a file does not end in a newline.
const noNewline = "\\ No newline at end of file\n"

// writeLines writes lines, the last of which may be without its newline.
func writeLines(out *strings.Builder, lines []byte) {
	out.Write(lines)
	if n := len(lines); n > 0 && lines[n-1] != '\n' {
		out.WriteByte('\n')
		out.WriteString(noNewline)
	}
}
