// Package commitobj reads git's commit objects: the headers, in any order and
// state that old tools have left them in, and the message, in UTF-8.
//
// What is odd in a commit is repaired and recorded; only a commit whose tree
// or parents cannot be read is refused, since git itself can do nothing with
// it. Functions are safe for concurrent use and take time linear in the
// object's size.
package commitobj

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/commitflow/commitflow/stage"
)

// ErrMalformed marks an object whose tree or parents cannot be read.
var ErrMalformed = errors.New("malformed commit object")

// Parse sets what a commit object holds in c: Tree, Parents, Author, Committer,
// Encoding, Headers, the message with its parts, and Repaired. Position, Repo,
// Hash and all that stages add stay as they are; c.Hash is named in errors.
//
// raw is the object's content, without the "commit <size>" that precedes it
// where git stores it, and may be changed after the call: Parse copies it once,
// and the texts of c share that copy.
//
// Where a commit says a thing twice, Parse agrees with git log: the last
// author and the last committer count, the first encoding, and only the
// parents right after the tree. The others are kept in Headers.
func Parse(c *stage.Commit, raw []byte) error {
	tree, parents, rest, err := parseIDs(raw, nil)
	if err != nil {
		return fmt.Errorf("commit %v: %w: %w", c.Hash, ErrMalformed, err)
	}
	c.Tree, c.Parents = tree, parents
	h, message := readHeaders(string(rest))
	c.Headers, c.Repaired = h.others, h.repairs

	// The name of the encoding is needed to read the rest, and is text itself.
	var repair string
	c.Encoding, repair = stage.Charset{}.UTF8(h.encoding.value)
	record(c, "encoding", repair)

	charset := stage.NewCharset(c.Encoding)
	c.Author = readSignature(c, "author", h.author, charset)
	c.Committer = readSignature(c, "committer", h.committer, charset)
	for i := range c.Headers {
		header := &c.Headers[i]
		header.Key, repair = charset.UTF8(header.Key)
		record(c, header.Key, repair)
		header.Value, repair = charset.UTF8(header.Value)
		record(c, header.Key, repair)
	}
	message, repair = charset.UTF8(message)
	record(c, "message", repair)
	if strings.IndexByte(message, 0) >= 0 {
		record(c, "message", "holds NUL bytes: kept, though git shows the text before the first only")
	}
	c.SetMessage(message)
	return nil
}

// Tree gives the tree that a commit holds, without reading the rest of it.
func Tree(raw []byte) (stage.Hash, error) {
	line, ok := bytes.CutPrefix(raw, []byte("tree "))
	if !ok {
		return stage.Hash{}, fmt.Errorf("%w: it does not begin with a tree", ErrMalformed)
	}
	id, _, err := cutID(line)
	if err != nil {
		return stage.Hash{}, fmt.Errorf("%w: tree: %w", ErrMalformed, err)
	}
	return id, nil
}

// Said is what a commit says without its changes, as [Parse] would find it. All are
// parts of the object.
type Said struct {
	// Author and Committer are name and mail as they are stored: "A. U. Thor
	// <author@example.org>"; nil where there is none.
	Author, Committer []byte
	// Seconds is the committer's time, since 1970 in UTC.
	Seconds int64
	// Text is the message as it is stored, in the commit's own encoding.
	Text []byte
}

// Message gives what a commit says. It copies and allocates nothing and reports no
// errors: of what is no commit at all it gives nothing.
func Message(raw []byte) (s Said) {
	for len(raw) > 0 && raw[0] != '\n' {
		line := raw
		if end := bytes.IndexByte(raw, '\n'); end >= 0 {
			line, raw = raw[:end], raw[end+1:]
		} else {
			raw = nil
		}
		if value, found := bytes.CutPrefix(line, []byte("author ")); found {
			s.Author = bytes.TrimRight(value[:timeStart(value)], " ")
		} else if value, found := bytes.CutPrefix(line, []byte("committer ")); found {
			start := timeStart(value)
			s.Committer = bytes.TrimRight(value[:start], " ")
			when, _ := readTime(value[start:])
			s.Seconds = when.seconds
		}
	}
	if len(raw) > 0 {
		s.Text = raw[1:]
	}
	return s
}

// Parents gives the parents of a commit, behind those that there are already, as
// [Parse] would, without reading the rest.
func Parents(raw []byte, before []stage.Hash) ([]stage.Hash, error) {
	_, parents, _, err := parseIDs(raw, before)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return parents, nil
}

// AppendParents appends the parents of a commit to list. It reports no errors,
// and appends what comes before a line that is none.
func AppendParents(list []stage.Hash, raw []byte) []stage.Hash {
	raw, found := bytes.CutPrefix(raw, []byte("tree "))
	if !found {
		return list
	}
	_, raw, err := cutID(raw)
	for err == nil && bytes.HasPrefix(raw, []byte("parent ")) {
		var id stage.Hash
		if id, raw, err = cutID(raw[len("parent "):]); err == nil {
			list = append(list, id)
		}
	}
	return list
}

// Tagged gives the id of the object that a tag object names.
func Tagged(raw []byte) (stage.Hash, error) {
	line, ok := bytes.CutPrefix(raw, []byte("object "))
	if !ok {
		return stage.Hash{}, errors.New("malformed tag object: it does not begin with an object")
	}
	id, _, err := cutID(line)
	if err != nil {
		return stage.Hash{}, fmt.Errorf("malformed tag object: %w", err)
	}
	return id, nil
}

// record notes a repair, if there was one.
func record(c *stage.Commit, field, what string) {
	if what != "" {
		c.Repaired = append(c.Repaired, stage.Repair{Field: field, What: what})
	}
}

// idLength is the number of hexadecimal digits of a SHA-1 id.
const idLength = 2 * len(stage.Hash{})

// parseIDs reads the tree and the parents, which git insists on finding first.
// The parents come behind those before.
func parseIDs(raw []byte, before []stage.Hash) (tree stage.Hash, parents []stage.Hash, rest []byte, err error) {
	raw, found := bytes.CutPrefix(raw, []byte("tree "))
	if !found {
		return tree, nil, nil, fmt.Errorf("begins with %.20q, not with its tree", raw)
	}
	if tree, raw, err = cutID(raw); err != nil {
		return tree, nil, nil, fmt.Errorf("tree: %w", err)
	}
	count := countParents(raw)
	parents = slices.Grow(before, count)[:len(before)+count]
	for i := range count {
		if parents[len(before)+i], raw, err = cutID(raw[len("parent "):]); err != nil {
			return tree, nil, nil, fmt.Errorf("parent %d: %w", i+1, err)
		}
	}
	return tree, parents, raw, nil
}

// countParents counts the parent lines at the start of raw, as long as they
// could hold an id, so that the list is allocated once.
func countParents(raw []byte) int {
	count := 0
	for bytes.HasPrefix(raw, []byte("parent ")) {
		count++
		const line = len("parent ") + idLength + 1
		if len(raw) <= line {
			break
		}
		raw = raw[line:]
	}
	return count
}

// cutID reads an id and the newline after it.
func cutID(raw []byte) (id stage.Hash, rest []byte, err error) {
	if end := bytes.IndexByte(raw[:min(len(raw), 2*idLength)], '\n'); end != idLength {
		return id, nil, fmt.Errorf("want an id of %d digits and a newline, not %.*q", idLength, idLength+2, raw)
	}
	if _, err := hex.Decode(id[:], raw[:idLength]); err != nil {
		return id, nil, fmt.Errorf("id %q: %w", raw[:idLength], err)
	}
	return id, raw[idLength+1:], nil
}
