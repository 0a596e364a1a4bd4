package stage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Per says what one row of a dataset is.
type Per int

// The things that a row can be made of.
const (
	PerCommit Per = iota // all files of a commit
	PerFile              // one file of a commit
)

// String gives "commit" or "file".
func (p Per) String() string {
	switch p {
	case PerCommit:
		return "commit"
	case PerFile:
		return "file"
	}
	return fmt.Sprintf("Per(%d)", int(p))
}

// What a [Dataset] cannot do without: the files' patches, which a [DiffParser]
// writes, and their contents before the change, which it loads if told to.
var (
	ErrNoPatch    = errors.New("no patch: a DiffParser has to come first")
	ErrNoContents = errors.New("content before the change is not loaded: set DiffParser.Contents")
)

// Dataset makes the rows of a training set from commits that a [DiffParser] with
// Contents has read: see [Example] for the fields, [Dataset.Process] for what is
// left out. The zero value makes a row per commit. It keeps nothing between
// commits and may run on any number of workers.
//
// The instruction is the subject, an empty line, and the body without the lines
// that name people (Signed-off-by, Reviewed-by and the like, Cc) and those that
// hold nothing but an identifier of some tool (Change-Id, git-svn-id). Fixes,
// Link, Closes, and the marks of backports and reverts stay: they tell what the
// change is about.
//
// The input shows, for each file that existed before, the functions and other
// units in which lines change, as they were:
//
//	--- a/drivers/serial/serial.c
//	@@ -120,34 @@
//	static int serial_probe(struct udevice *dev)
//	{
//	…
//	@@ -310,31 @@ part of lines 250-912: static int serial_setup(struct udevice *dev)
//	…
//
// The path is as the patch names it, and "@@" gives the first line of a piece and
// their number, as the patch's own "@@" lines do. Outside of units, the lines up to
// the next empty one are shown, some 15 at most. A unit longer than MaxLines is
// shown only near its hunks; "part of" marks that, with the lines it spans and how
// it begins. All lines that the patch removes or shows as context are in the
// input. Nothing else is left out, so the input of a commit that touches many
// large functions is large; Size of what follows is the caller's to filter.
//
// Bytes that are not UTF-8 are read as Latin-1, and the row marked Repaired.
type Dataset struct {
	// Per is what a row is made of.
	Per Per
	// MaxLines is the longest function, structure or other unit that the input
	// shows whole, in lines; 0 means 400.
	MaxLines int
}

const defaultMaxUnitLines = 400

// Why a commit makes no row; see [Dataset.Process].
const (
	dropMerge     = "merge"
	dropNoFiles   = "no files"
	dropNoMessage = "no message"
	dropBinary    = "binary only"
	dropMissing   = "missing content"
	dropTruncated = "content over the limit"
)

// Open checks the settings.
func (d Dataset) Open(context.Context) error {
	if d.Per != PerCommit && d.Per != PerFile {
		return fmt.Errorf("dataset: rows per %v: want PerCommit or PerFile", d.Per)
	}
	if d.MaxLines < 0 {
		return fmt.Errorf("dataset: MaxLines is %d: want a positive number, or 0 for %d", d.MaxLines, defaultMaxUnitLines)
	}
	return nil
}

// Process makes the row or rows of a commit. It drops merges ("merge": their diff
// repeats the branch's work), commits without files ("no files") or without a
// message ("no message"), and those that touch binary files alone ("binary only").
// A patch that lacks a file would be a wrong answer, so a commit with a file whose
// objects the repository does not hold ("missing content") or whose patch was too
// large to make ("content over the limit") makes no row; with [PerFile] only the
// files concerned make none, and the commit counts as dropped if none is left.
//
// An error that wraps [ErrNoPatch] or [ErrNoContents] means that the stages before
// are set up wrongly.
func (d Dataset) Process(_ context.Context, c *Commit, emit func(*Example)) error {
	switch {
	case c.IsMerge():
		return Drop(dropMerge)
	case len(c.Files) == 0:
		return Drop(dropNoFiles)
	}
	row := newRow(c)
	if row.Instruction == "" {
		return Drop(dropNoMessage)
	}
	if d.Per == PerFile {
		return d.perFile(row, c, emit)
	}
	reason := dropBinary
	for i := range c.Files {
		switch why := unusable(&c.Files[i]); why {
		case "":
			reason = ""
		case dropMissing, dropTruncated:
			return Drop(why)
		}
	}
	if reason != "" {
		return Drop(reason)
	}
	if err := d.fill(row, c.Files, c.patches); err != nil {
		return err
	}
	emit(row)
	return nil
}

func (d Dataset) perFile(common *Example, c *Commit, emit func(*Example)) error {
	reason := ""
	made := false
	for i := range c.Files {
		if why := unusable(&c.Files[i]); why != "" {
			reason = why
			continue
		}
		row := *common
		if err := d.fill(&row, c.Files[i:i+1], c.Files[i].Patch); err != nil {
			return err
		}
		emit(&row)
		made = true
	}
	if !made {
		return Drop(reason)
	}
	return nil
}

// unusable tells why a file's change is no text to learn from, or "".
func unusable(f *FileChange) string {
	switch {
	case f.Missing:
		return dropMissing
	case f.Truncated:
		return dropTruncated
	case f.Binary:
		return dropBinary
	}
	return ""
}

// newRow gives a row with what all rows of the commit have in common.
func newRow(c *Commit) *Example {
	row := &Example{
		Repo:       c.Repo,
		Commit:     c.Hash,
		Date:       rowDate(c.Author),
		Subsystems: append([]string{}, c.Subsystems...),
		Tags:       make([]string, 0, len(c.Tags)),
		Quality:    c.Quality.Score,
		Links:      make([]ExampleLink, 0, len(c.Links)),
	}
	for i := range c.Tags {
		row.Tags = append(row.Tags, c.Tags[i].Name)
	}
	for _, link := range c.Links {
		row.Links = append(row.Links, ExampleLink{Kind: link.Kind, Commit: link.Commit})
	}
	row.Instruction = row.valid(instruction(c))
	return row
}

// fill adds what depends on the files. patches is a text that may begin with
// their patches.
func (d Dataset) fill(row *Example, files []FileChange, patches string) error {
	maxLines := d.MaxLines
	if maxLines == 0 {
		maxLines = defaultMaxUnitLines
	}
	input, err := codeBefore(files, maxLines)
	if err != nil {
		return fmt.Errorf("commit %s: %w", row.Commit, err)
	}
	row.Paths = make([]string, 0, len(files))
	for i := range files {
		if files[i].Patch == "" {
			return fmt.Errorf("commit %s: %s: %w", row.Commit, files[i].Path(), ErrNoPatch)
		}
		row.Paths = append(row.Paths, row.valid(files[i].Path()))
	}
	row.Input = row.valid(input)
	row.Output = row.valid(joinPatches(files, patches))
	row.License = joinLicenses(files)
	return nil
}

// joinPatches gives the files' patches, one after the other: the beginning of the
// given text if that is them, or else a copy. Where they share the text's memory,
// to compare them with it costs nothing.
func joinPatches(files []FileChange, text string) string {
	rest, size := text, 0
	same := true
	for i := range files {
		if same {
			rest, same = strings.CutPrefix(rest, files[i].Patch)
		}
		size += len(files[i].Patch)
	}
	if same {
		return text[:size]
	}
	var joined strings.Builder
	joined.Grow(size)
	for i := range files {
		joined.WriteString(files[i].Patch)
	}
	return joined.String()
}

// valid gives a text as UTF-8, and marks the row if it was not.
func (row *Example) valid(text string) string {
	text, repair := Charset{}.UTF8(text)
	row.Repaired = row.Repaired || repair != ""
	return text
}

// The years that RFC 3339 and most calendars can write.
var (
	firstSecond = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	lastSecond  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
)

// rowDate gives the moment in RFC 3339. One outside the years 1 to 9999, which git
// can store, becomes the nearest that RFC 3339 can write.
func rowDate(s Signature) string {
	s.Seconds = min(max(s.Seconds, firstSecond), lastSecond)
	return s.Time().Format(time.RFC3339)
}

// joinLicenses joins the distinct expressions of the files, in their order; files
// of unknown licence add nothing. AND binds closer than OR in SPDX expressions,
// hence the parentheses.
func joinLicenses(files []FileChange) string {
	var distinct []string
next:
	for i := range files {
		license := files[i].License
		if license == "" {
			continue
		}
		for _, known := range distinct {
			if known == license {
				continue next
			}
		}
		distinct = append(distinct, license)
	}
	if len(distinct) > 1 {
		for i, license := range distinct {
			if strings.Contains(strings.ToUpper(license), " OR ") {
				distinct[i] = "(" + license + ")"
			}
		}
	}
	return strings.Join(distinct, " AND ")
}

// Configuration names what a checkpoint must not change under a run.
func (d Dataset) Configuration() map[string]string {
	return map[string]string{
		"per":       d.Per.String(),
		"max lines": strconv.Itoa(cmp.Or(d.MaxLines, defaultMaxUnitLines)),
	}
}
