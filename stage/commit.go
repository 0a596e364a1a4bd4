package stage

import (
	"context"
	"time"
)

// Commit is one commit of a history and all that the stages have found out
// about it. A source fills in what git stores; each later stage adds its own
// fields and changes nothing else. A *Commit belongs to the stage that holds
// it: it is handed on, never shared while it changes.
//
// As JSON a commit has the same fields in every row. Left out are what others
// hold already (Body is the end of Message, Hunk.Text lies within the file's
// Patch) and the contents of files.
type Commit struct {
	// Position is the commit's place in its source's order, from 0. Parents
	// come before their children.
	Position Position `json:"position"`
	// Repo names the repository, as the source was told or found it.
	Repo    string `json:"repo"`
	Hash    Hash   `json:"hash"`
	Tree    Hash   `json:"tree"`
	Parents []Hash `json:"parents"`

	Author    Signature `json:"author"`
	Committer Signature `json:"committer"`

	// MappedAuthor and MappedCommitter are the mailmap's view of the two,
	// Reviewers those who have reviewed, acknowledged or tested the commit by its
	// trailers, each once, in the mailmap's view, too. Bot names the rule by which
	// the author is a program; "" means a person. Assistance is what the commit's
	// Assisted-by trailers say. They are set by [People].
	MappedAuthor    Person       `json:"mapped_author"`
	MappedCommitter Person       `json:"mapped_committer"`
	Reviewers       []Person     `json:"reviewers"`
	Bot             string       `json:"bot"`
	Assistance      []Assistance `json:"assistance"`
	// Experience is the author's, before this commit. It is set by [Authors].
	Experience Experience `json:"experience"`

	// Message is the whole message in UTF-8, exactly as stored otherwise.
	Message string `json:"message"`
	// Subject is the first paragraph, its lines joined by a space (what git
	// prints as %s). Body is everything after it, without leading blank lines
	// (%b), trailers included. Both share Message's memory where they can.
	Subject string `json:"subject"`
	Body    string `json:"-"`
	// Trailers are the key-value lines of the message, in order: those of the
	// last paragraph, as `git interpret-trailers --parse` sees them, and those
	// that the kernel's rules accept elsewhere, which are marked as Loose.
	Trailers []Trailer `json:"trailers"`

	// Encoding is the `encoding` header of the commit object; empty means UTF-8.
	Encoding string `json:"encoding"`
	// Repaired lists what had to be changed to make valid UTF-8 text and
	// sensible times of the commit object. A sound commit has none.
	Repaired []Repair `json:"repaired"`
	// Headers are the commit object's headers beyond the ones above, in order:
	// mergetag, gpgsig and whatever else a tool has left there.
	Headers []Header `json:"headers"`

	// Files are the changes against the first parent (against the empty tree
	// for a root commit), in git's order. A merge has none unless the source
	// was asked for them.
	Files []FileChange `json:"files"`
	// RenameLimitHit tells that the commit adds and deletes so many files that
	// inexact renames were not looked for, as git itself would not.
	RenameLimitHit bool `json:"rename_limit_hit"`
	// PatchID is set by [PatchIDs]; zero where the commit has no patch.
	PatchID Hash `json:"patch_id"`

	// Subsystems are the parts of the project that the changed paths belong
	// to, without duplicates: directories in the order of the files, set by
	// [Subsystems], or the sections of the MAINTAINERS file, the closest first,
	// set by [Maintainers].
	Subsystems []string `json:"subsystems"`
	// Maintains are the sections of the MAINTAINERS file that the commit touches
	// and the author was a maintainer of. It is set by [Maintainers].
	Maintains []string `json:"maintains"`
	// Quality is set by a scorer, and Expertise, which is the author's, by another.
	Quality   Quality `json:"quality"`
	Expertise Quality `json:"expertise"`
	// ModelScores are what language models think of the commit, in the order in
	// which they were added.
	ModelScores []ModelScore `json:"model_scores"`
	// Tags are set by a classifier, in the order of its rules.
	Tags []Tag `json:"tags"`
	// What follows is set by a [ChainLinker].

	Links      []Link      `json:"links"`
	Unresolved []Reference `json:"unresolved"`
	// State is what became of the commit by the end of the history read.
	State State `json:"state"`
	// FixDepth is the length of the longest chain of fixes that ends here: 0
	// for a commit that fixes none of the history, 1 for a fix, 2 for a fix
	// for a fix, and so on.
	FixDepth int `json:"fix_depth"`
	// Stable are the requests to the stable trees, in the order of the message.
	Stable []StableRequest `json:"stable"`

	// CVEs are the vulnerabilities that the commit fixes or introduced, set by
	// a [Classifier] that has been given a list of them.
	CVEs []CVE `json:"cves"`

	// Blobs reads the contents of the files, through the source's cache; nil
	// where the source has no contents. Where it implements [Trees] as well, as
	// that of source.Git does, a stage can look at any file of the commit; where it
	// implements [Prefetcher], it is told what will be read, and where it implements
	// [Releaser], what was read for the last time.
	Blobs Blobs `json:"-"`
}

// Position is a place in a source's order, counted from 0.
type Position uint64

// Signature is the name, mail and time of an author or a committer.
type Signature struct {
	Name string `json:"name"`
	Mail string `json:"mail"`
	// Seconds is the time in seconds since 1970 in UTC; it may lie far outside
	// of what calendars hold, since git stores any number.
	Seconds int64 `json:"seconds"`
	// Zone is the offset from UTC as git's digits read, hours × 100 + minutes:
	// -800 for "-0800". Odd zones such as -7200 are kept.
	Zone int32 `json:"zone"`
}

// Time gives the moment in UTC.
func (s Signature) Time() time.Time { return time.Unix(s.Seconds, 0).UTC() }

// Offset gives the zone as a distance from UTC, positive to the east.
func (s Signature) Offset() time.Duration {
	hours, minutes := s.Zone/100, s.Zone%100
	return time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
}

// Trailer is one key-value line of a message, such as
// "Signed-off-by: A U Thor <author@example.com>". Key is as written, without
// the colon; Value is unfolded onto one line and trimmed.
type Trailer struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	// Loose tells that git does not take the line for a trailer, as it is not
	// in the last paragraph or that is no trailer block. Such a one is Fixes
	// with a commit, Closes or Link with an address, Cc of a stable list,
	// Assisted-by, or another key that ends in -by with a mail address.
	Loose bool `json:"loose"`
}

// Header is a header of a commit object. The continuation lines of a
// multi-line value are joined by newlines, without their leading space.
type Header struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Repair names a part of a commit object and what was done to make it usable.
type Repair struct {
	// Field is "message", "author", "committer" or a header's key, and "row" for
	// what [Commit.RepairUTF8] did.
	Field string `json:"field"`
	// What was done, in a few words: "not UTF-8: read as Latin-1".
	What string `json:"what"`
}

// IsMerge reports whether the commit has several parents.
func (c *Commit) IsMerge() bool { return len(c.Parents) > 1 }

// Trailer gives the value of the first trailer with the key (in any case), or
// "".
func (c *Commit) Trailer(key string) string {
	for _, t := range c.Trailers {
		if t.Is(key) {
			return t.Value
		}
	}
	return ""
}

// Is reports whether the trailer has the key, in any case.
func (t Trailer) Is(key string) bool { return equalFoldASCII(t.Key, key) }

// equalFoldASCII compares without regard to the case of ASCII letters, which
// is all that trailer keys may hold.
func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x != y && (x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z') {
			return false
		}
	}
	return true
}

// Size estimates the bytes of memory that the commit's texts hold; the
// pipeline's limit on bytes in flight counts with it.
func (c *Commit) Size() int {
	size := 512 + len(c.Message)
	for i := range c.ModelScores {
		s := &c.ModelScores[i]
		size += 96 + len(s.Reason) + len(s.Failure)
		for j := range s.Criteria {
			size += 48 + len(s.Criteria[j].Reason)
		}
	}
	for i := range c.Files {
		f := &c.Files[i]
		size += 256 + len(f.OldPath) + len(f.NewPath) + len(f.Patch) + len(f.Before) + len(f.After) + len(f.Hunks)*64
	}
	return size
}

// Blobs reads the contents of blobs. Implementations are safe for concurrent
// use, and what they return is shared: it must not be changed.
type Blobs interface {
	// Blob gives a blob's content. An error that wraps [ErrMissing] tells that
	// the repository does not hold the object.
	Blob(ctx context.Context, id Hash) ([]byte, error)
}

// Prefetcher may be implemented by a [Blobs] that gains from knowing beforehand
// what will be asked of it.
type Prefetcher interface {
	// Prefetch is told which blobs will be asked for next, some of them perhaps
	// missing. It does not keep ids and leaves no trace but in the time that Blob
	// takes. It is safe for concurrent use.
	Prefetch(ids []Hash)
}

// Releaser may be implemented by a [Blobs] that keeps contents as long as they may be
// asked for again.
type Releaser interface {
	// Release tells that a blob which was just asked for was the version of a file that
	// a commit replaces or deletes: as far as can be told, nobody asks for it again.
	// Whoever does gets it all the same. It is safe for concurrent use.
	Release(id Hash)
}

// Trees lists directories as they were at some commit. Implementations are safe
// for concurrent use.
type Trees interface {
	// Tree calls each for the entries of a tree, such as [Commit.Tree], in git's
	// order. A name is valid during the call only. An error that wraps
	// [ErrMissing] tells that the repository does not hold the tree.
	Tree(ctx context.Context, id Hash, each func(name []byte, mode FileMode, id Hash)) error
}
