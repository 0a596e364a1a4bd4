package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// piece is a run of lines of a file that a row shows.
type piece struct {
	first int
	lines []string // without their ends
}

var pieceHeader = regexp.MustCompile(`^@@ -([0-9]{1,9}),([0-9]{1,9}) @@(?: part of lines [0-9]+-[0-9]+: .*)?$`)

// shown splits what a row shows into the code before the change, by path, and the rest.
func shown(text string) (pieces map[string][]piece, rest string) {
	if !strings.Contains(text, "\n@@ -") {
		return nil, text
	}
	pieces = map[string][]piece{}
	lines := strings.Split(text, "\n")
	kept := make([]string, 0, len(lines))
	for i := 0; i < len(lines); {
		path, isName := pathOf(lines[i])
		if !isName || i+1 >= len(lines) || !pieceHeader.MatchString(lines[i+1]) {
			kept = append(kept, lines[i])
			i++
			continue
		}
		i++
		for i < len(lines) {
			header := pieceHeader.FindStringSubmatch(lines[i])
			if header == nil {
				break
			}
			first, _ := strconv.Atoi(header[1])
			count, _ := strconv.Atoi(header[2])
			i++
			end := min(i+count, len(lines))
			pieces[path] = append(pieces[path], piece{first, lines[i:end]})
			i = end
		}
	}
	return pieces, strings.Join(kept, "\n")
}

// pathOf reads the line that names a file before the change.
func pathOf(line string) (path string, ok bool) {
	name, ok := strings.CutPrefix(line, "--- ")
	if !ok {
		return "", false
	}
	name = strings.TrimRight(name, "\t\r")
	if strings.HasPrefix(name, `"`) {
		unquoted, err := strconv.Unquote(name)
		if err != nil {
			return "", false
		}
		name = unquoted
	}
	return strings.CutPrefix(name, "a/")
}

// What became of the check of a row's patch.
const (
	patchApplies   = "applies to the code shown"
	patchPartly    = "applies as far as the code is shown"
	patchNoCode    = "no code to apply to (a patch alone, or of new files)"
	patchNone      = "no patch in the row"
	patchElsewhere = "an answer made on other code"
)

const diffMark = "diff --git "

// aboutPatches are the modes that ask about a patch, and answer with words.
var aboutPatches = []string{string(dataset.ModeCommitMessage), string(dataset.ModeExplain), string(dataset.ModeReview)}

// patchIn gives a text from its first patch on.
func patchIn(text string) (patch string, ok bool) {
	if strings.HasPrefix(text, diffMark) {
		return text, true
	}
	at := strings.Index(text, "\n"+diffMark)
	if at < 0 {
		return "", false
	}
	return text[at+1:], true
}

// checkPatch applies the patch of a row to the code that the row shows. id is its
// patch-id, zero where the row has no patch in its answer.
func (r *row) checkPatch() (outcome string, id stage.Hash, problem string) {
	pieces, rest := shown(r.prompt)
	patch, inAnswer := patchIn(r.answer)
	if mode, _, _ := strings.Cut(r.id, "/"); slices.Contains(aboutPatches, mode) {
		inAnswer = false // what looks like one is quoted
	}
	if !inAnswer {
		var ok bool
		if patch, ok = patchIn(rest); !ok {
			return patchNone, id, ""
		}
	}
	files, err := stage.ParsePatch(patch)
	if err != nil {
		return "", id, "the patch cannot be read: " + err.Error()
	}
	id = stage.PatchID(files)
	outcome, problem = r.apply(files, pieces, inAnswer)
	if problem != "" || r.chosen == "" {
		return outcome, id, problem
	}
	better, ok := patchIn(r.chosen)
	if !ok || r.kind == "reapplied" {
		return outcome, id, ""
	}
	if files, err = stage.ParsePatch(better); err != nil {
		return "", id, "the chosen patch cannot be read: " + err.Error()
	}
	if other, problem := r.apply(files, pieces, false); problem != "" {
		return "", id, "chosen: " + problem
	} else if other == patchPartly {
		outcome = patchPartly
	}
	return outcome, id, ""
}

// apply compares the old lines of all hunks with the code shown. all demands that it
// shows every one of them, unless the row says that some are left out.
func (r *row) apply(files []stage.FileChange, pieces map[string][]piece, all bool) (outcome, problem string) {
	outcome = patchNoCode
	for i := range files {
		f := &files[i]
		for j := range f.Hunks {
			h := &f.Hunks[j]
			if h.OldLines == 0 || f.OldPath == "" {
				continue
			}
			whole, problem := matchHunk(h, pieces[f.OldPath])
			switch {
			case problem != "" && r.repaired:
				whole = false // bytes of patch and code were repaired each by itself
			case problem != "":
				return "", fmt.Sprintf("%s, hunk of line %d: %s", f.OldPath, h.OldStart, problem)
			case !whole && all && !r.leftOut[f.OldPath]:
				return "", fmt.Sprintf("%s, hunk of line %d: the code that it changes is not shown, and left_out does not say so", f.OldPath, h.OldStart)
			}
			switch {
			case !whole && (len(pieces) > 0 || all):
				outcome = patchPartly
			case whole && outcome == patchNoCode:
				outcome = patchApplies
			}
		}
	}
	return outcome, ""
}

// matchHunk compares the old lines of a hunk with pieces of its file, and reports
// whether these show all of them.
func matchHunk(h *stage.Hunk, pieces []piece) (whole bool, problem string) {
	n := h.OldStart
	whole = true
	for line := range strings.Lines(h.Text) {
		if line[0] != ' ' && line[0] != '-' {
			continue
		}
		want := strings.TrimSuffix(line[1:], "\n")
		got, ok := lineAt(pieces, n)
		switch {
		case !ok:
			whole = false
		case got != want:
			return whole, fmt.Sprintf("line %d is %.60q in the patch and %.60q in the code", n, want, got)
		}
		n++
	}
	return whole, ""
}

func lineAt(pieces []piece, n int) (string, bool) {
	for i := range pieces {
		if at := n - pieces[i].first; at >= 0 && at < len(pieces[i].lines) {
			return pieces[i].lines[at], true
		}
	}
	return "", false
}
