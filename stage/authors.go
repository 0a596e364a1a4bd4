package stage

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Experience is what somebody had done in a history before a commit.
type Experience struct {
	// Commits counts the author's earlier commits, merges left out.
	Commits int `json:"commits"`
	// Years is the time since the first of them, in years of 365.25 days.
	Years float32 `json:"years"`
	// Subsystems counts the parts of the project that they touch, by the
	// directory rule of [Subsystems], so that the count does not jump where a
	// MAINTAINERS file comes up.
	Subsystems int `json:"subsystems"`
	// Reviews counts the earlier commits of others that the author has reviewed,
	// acknowledged or tested, by their trailers.
	Reviews int `json:"reviews"`
}

// Authors sets the author's [Experience] as of each commit: what this and later
// commits add is not in it. Earlier is what comes before in the order of the
// source, so that filters belong behind it. It goes behind [People], whose view
// of authors and reviewers it takes; without, it takes the author as written and
// counts no reviews. Somebody is told by the mail address, in any case, or by
// the name where there is none.
//
// It handles one commit at a time, in order, and holds some hundred bytes for
// each person. Under a checkpoint what it holds is saved and restored. An
// Authors serves one run.
type Authors struct {
	people     map[string]*record
	subsystems map[string]uint32 // a number for each name
}

var (
	_ Processor[*Commit, *Commit] = (*Authors)(nil)
	_ Snapshotter                 = (*Authors)(nil)
)

// record is what is known of one person.
type record struct {
	commits, reviews uint32
	first            int64    // when the first commit was committed; 0 is unknown
	subsystems       []uint32 // sorted
}

// Process sets the author's experience, and then counts the commit.
func (a *Authors) Process(_ context.Context, c *Commit, emit func(*Commit)) error {
	author := c.MappedAuthor
	if author.IsZero() {
		author = c.Author.Person()
	}
	var buffer, other [commonLength]byte
	who := appendIdentity(buffer[:0], author)
	r := a.record(who)
	c.Experience = Experience{
		Commits:    int(r.commits),
		Years:      yearsBetween(r.first, c.Committer.Seconds),
		Subsystems: len(r.subsystems),
		Reviews:    int(r.reviews),
	}
	if !c.IsMerge() {
		r.commits++
		if r.first == 0 && c.Committer.Seconds > beforeGit {
			r.first = c.Committer.Seconds
		}
		eachSubsystem(c.Files, func(name string) { a.touch(r, name) })
	}
	for _, reviewer := range c.Reviewers {
		if id := appendIdentity(other[:0], reviewer); !bytes.Equal(id, who) {
			a.record(id).reviews++
		}
	}
	emit(c)
	return nil
}

// beforeGit is a time before which no commit was made by anybody: the start of
// 1980. Some clocks stood at 1970.
var beforeGit = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

const secondsPerYear = 365.25 * 24 * 60 * 60

func yearsBetween(first, now int64) float32 {
	if first == 0 || now <= first {
		return 0
	}
	return float32(float64(now-first) / secondsPerYear)
}

// appendIdentity appends what tells one person from another.
func appendIdentity(dst []byte, p Person) []byte {
	return appendLowerASCII(dst, cmp.Or(p.Mail, p.Name))
}

func (a *Authors) record(who []byte) *record {
	r := a.people[string(who)]
	if r == nil {
		if a.people == nil {
			a.people, a.subsystems = map[string]*record{}, map[string]uint32{}
		}
		r = &record{}
		a.people[string(who)] = r
	}
	return r
}

// touch notes that somebody has touched a subsystem.
func (a *Authors) touch(r *record, subsystem string) {
	number, ok := a.subsystems[subsystem]
	if !ok {
		number = uint32(len(a.subsystems))
		a.subsystems[strings.Clone(subsystem)] = number
	}
	if at, known := slices.BinarySearch(r.subsystems, number); !known {
		r.subsystems = slices.Insert(r.subsystems, at, number)
	}
}

// authorsState is the version of the form in which the state is saved.
const authorsState = 1

// Snapshot gives all that is known of everybody, in the same order each time.
func (a *Authors) Snapshot() ([]byte, error) {
	out := []byte{authorsState}
	text := func(s string) { out = append(binary.AppendUvarint(out, uint64(len(s))), s...) }
	names := make([]string, len(a.subsystems))
	for name, number := range a.subsystems {
		names[number] = name
	}
	out = binary.AppendUvarint(out, uint64(len(names)))
	for _, name := range names {
		text(name)
	}
	out = binary.AppendUvarint(out, uint64(len(a.people)))
	for _, who := range slices.Sorted(maps.Keys(a.people)) {
		r := a.people[who]
		text(who)
		out = binary.AppendUvarint(out, uint64(r.commits))
		out = binary.AppendUvarint(out, uint64(r.reviews))
		out = binary.AppendVarint(out, r.first)
		out = binary.AppendUvarint(out, uint64(len(r.subsystems)))
		for _, number := range r.subsystems {
			out = binary.AppendUvarint(out, uint64(number))
		}
	}
	return out, nil
}

// Restore takes up what Snapshot gave.
func (a *Authors) Restore(state []byte) error {
	if len(state) == 0 || state[0] != authorsState {
		return errors.New("Authors: the checkpoint has a state of another version: begin the run anew")
	}
	s := stateReader{rest: state[1:]}
	a.people, a.subsystems = map[string]*record{}, map[string]uint32{}
	names := s.count()
	for number := range names {
		a.subsystems[s.text()] = uint32(number)
	}
	s.broken = s.broken || len(a.subsystems) < names // one of them twice
	for range s.count() {
		who := s.text()
		r := &record{commits: uint32(s.number()), reviews: uint32(s.number()), first: s.signed()}
		r.subsystems = make([]uint32, s.count())
		for i := range r.subsystems {
			r.subsystems[i] = uint32(min(s.number(), uint64(names)))
		}
		last := len(r.subsystems) - 1
		s.broken = s.broken || !slices.IsSorted(r.subsystems) || last >= 0 && int(r.subsystems[last]) >= names
		a.people[who] = r
	}
	if s.broken || len(s.rest) > 0 {
		return fmt.Errorf("Authors: the checkpoint's state of %d bytes cannot be read: begin the run anew", len(state))
	}
	return nil
}

// stateReader reads a state; what it reads of a broken one is zero.
type stateReader struct {
	rest   []byte
	broken bool
}

func (s *stateReader) number() uint64 {
	n, size := binary.Uvarint(s.rest)
	s.skip(size)
	return n
}

func (s *stateReader) signed() int64 {
	n, size := binary.Varint(s.rest)
	s.skip(size)
	return n
}

func (s *stateReader) skip(size int) {
	if size <= 0 || size > len(s.rest) {
		s.broken, s.rest = true, nil
		return
	}
	s.rest = s.rest[size:]
}

// count reads how many things follow, each of a byte at least.
func (s *stateReader) count() int {
	n := s.number()
	if n > uint64(len(s.rest)) {
		s.broken, s.rest = true, nil
		return 0
	}
	return int(n)
}

func (s *stateReader) text() string {
	n := s.count()
	text := string(s.rest[:n])
	s.rest = s.rest[n:]
	return text
}
