package stage

import (
	"context"
	"fmt"
	"sync"

	"github.com/commitflow/commitflow/stage/internal/maintainers"
)

// Maintainers names the parts of the project that a commit touches by the
// sections of its MAINTAINERS file, and tells which of them the author
// maintained. The file is the one in the commit's own tree, since who maintains
// what changes all the time.
//
// Sections are found as the kernel's scripts/get_maintainer.pl finds them: all
// whose F: or N: fields hold for a path, before or after a rename, and whose X:
// fields do not, the closest first, then those whose K: fields hold for the
// message. Where patches have been made, K: is looked for in the changed lines,
// too, which costs some time; so put a [DiffParser] before if that is wanted.
// Where the repository's .get_maintainer.conf or its script asks for the files of
// all directories, as U-Boot's does, they count.
//
// Of a commit without such a file (or with an old one, without F:), or none of
// whose paths has a section, the subsystems are directories, as those of
// [Subsystems]. So are those of all commits where the source has no trees.
//
// It takes Files for the whole change against the first parent, as a source gives
// it, so that stages that take files away belong behind it. It takes Author, and
// MappedAuthor where [People] has set it. The zero
// Maintainers is ready; it must not be copied once it is used. Process is safe
// for concurrent use, after Open.
type Maintainers struct {
	// Mailmaps gives the mailmap, by which the people of the file are known
	// under their other addresses, too.
	Mailmaps MailmapSource

	mailmap *Mailmap
	files   maintainersFiles
}

var (
	_ Opener                      = (*Maintainers)(nil)
	_ Processor[*Commit, *Commit] = (*Maintainers)(nil)
)

// Open reads the mailmap.
func (m *Maintainers) Open(ctx context.Context) (err error) {
	if m.Mailmaps == nil {
		return nil
	}
	if m.mailmap, err = m.Mailmaps.Mailmap(ctx); err != nil {
		return fmt.Errorf("Maintainers: mailmap: %w", err)
	}
	return nil
}

var sectionFinders = sync.Pool{New: func() any { return new(maintainers.Finder) }}

// Process sets the commit's Subsystems and Maintains.
func (m *Maintainers) Process(ctx context.Context, c *Commit, emit func(*Commit)) error {
	c.Subsystems, c.Maintains = nil, nil
	trees, ok := c.Blobs.(Trees)
	switch {
	case !ok:
	case len(c.Files) == 0:
		m.files.pass(c)
	default:
		index, err := m.files.index(ctx, trees, c)
		if err != nil {
			return fmt.Errorf("commit %s: %w", c.Hash, err)
		}
		if index != nil {
			m.sections(index, c, isDirIn(ctx, trees, c.Tree))
		}
	}
	if len(c.Subsystems) == 0 {
		c.Subsystems = subsystemsOf(c.Files)
	}
	emit(c)
	return nil
}

// sections sets what the sections of the files tell.
func (m *Maintainers) sections(index *maintainers.Index, c *Commit, isDir func(string) bool) {
	finder := sectionFinders.Get().(*maintainers.Finder)
	defer sectionFinders.Put(finder)
	for i := range c.Files {
		f := &c.Files[i]
		finder.Path(index, f.Path(), isDir)
		if f.OldPath != "" && f.OldPath != f.Path() {
			finder.Path(index, f.OldPath, isDir)
		}
	}
	if index.HasKeywords() {
		finder.Text(index, c.Message)
		for i := range c.Files {
			for _, h := range c.Files[i].Hunks {
				finder.Hunk(index, h.Text)
			}
		}
	}
	found := finder.Found()
	touched := distinctNames{list: make([]string, 0, len(found))}
	var maintained distinctNames
	for _, match := range found {
		if match.Title == "" {
			continue // nobody could name it
		}
		touched.add(match.Title)
		if m.maintains(c, match.Section) {
			maintained.add(match.Title)
		}
	}
	c.Subsystems, c.Maintains = touched.list, maintained.list
}

// maintains reports whether the author is among the maintainers of a section.
func (m *Maintainers) maintains(c *Commit, section *maintainers.Section) bool {
	for _, text := range section.Maintainers {
		written := parsePerson(text)
		if written.Mail == "" {
			continue
		}
		if equalFoldASCII(written.Mail, c.Author.Mail) {
			return true
		}
		if proper := m.mailmap.Map(written); equalFoldASCII(proper.Mail, c.MappedAuthor.Mail) {
			return true
		}
	}
	return false
}
