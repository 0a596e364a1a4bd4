package stage

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"math"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	concstream "github.com/sourcegraph/conc/stream"
)

// A goroutine reads up to messagesAtOnce messages at a time, enough to make handing them
// over cheap, or as many as have textAtOnce bytes, since those few that wait for it are
// held in memory.
const (
	messagesAtOnce = 256
	textAtOnce     = 1 << 20
)

// readMessages adds the commits of a history. What their messages say is found by as many
// goroutines as there are processors; the commits are entered one after the other, in the
// order of the history.
func (b *historyBuilder) readMessages(ctx context.Context, history MessageSource) error {
	readers := concstream.New().WithMaxGoroutines(runtime.GOMAXPROCS(0))
	defer readers.Wait()
	var messages []Message
	text := 0 // bytes of them
	handOver := func() {
		block := messageBlock{messages: messages, reader: messageReader{seed: b.seed}}
		messages, text = nil, 0
		readers.Go(func() concstream.Callback {
			block.read()
			return func() { b.enterBlock(&block) }
		})
	}
	err := history.Messages(ctx, func(m Message) error {
		if b.read++; b.read > math.MaxUint32-1 {
			return fmt.Errorf("more than %d commits in one history", uint32(math.MaxUint32-1))
		}
		if messages == nil {
			messages = make([]Message, 0, messagesAtOnce)
		}
		messages = append(messages, m)
		if text += len(m.Text); len(messages) == messagesAtOnce || text >= textAtOnce {
			handOver()
		}
		return nil
	})
	handOver()
	return err
}

// messageBlock is some messages, and what they say.
type messageBlock struct {
	messages []Message
	reader   messageReader
	subjects []uint64           // hashes of their subjects
	stated   []pendingReference // from is the number of the message in the block
}

// read finds what the messages say.
func (r *messageBlock) read() {
	r.subjects = make([]uint64, len(r.messages))
	for i := range r.messages {
		// Nothing keeps a part of the text, so that it need not be copied, which would
		// be a fifth of the time here.
		stored := r.messages[i].Text
		text := unsafe.String(unsafe.SliceData(stored), len(stored))
		r.subjects[i] = r.reader.subjectHash(firstParagraph(text))
		for _, s := range statements(text) {
			p := pendingReference{
				from:      uint32(i),
				kind:      edgeKindOf(s.Kind),
				partial:   s.Partial,
				malformed: s.Reason != "",
				prefix:    parsePrefix(s.Hex),
			}
			if s.Subject != "" && !s.cut {
				p.quoted, p.subject = true, r.reader.subjectHash(s.Subject)
			}
			r.stated = append(r.stated, p)
		}
	}
}

// enterBlock takes the next commits, all but those that an earlier history had.
func (b *historyBuilder) enterBlock(block *messageBlock) {
	stated := block.stated
	for i := range block.messages {
		m := &block.messages[i]
		ordinal := uint32(len(b.index.hashes))
		isNew := b.enter(m.Hash)
		for ; len(stated) > 0 && stated[0].from == uint32(i); stated = stated[1:] {
			if isNew {
				stated[0].from = ordinal
				b.stated = append(b.stated, stated[0])
			}
		}
		if !isNew {
			continue
		}
		for _, parent := range m.Parents {
			if known, ok := b.ordinalOf(parent); ok {
				b.lineage.parents = append(b.lineage.parents, known)
			}
		}
		b.lineage.start = append(b.lineage.start, uint32(len(b.lineage.parents)))
		b.index.seconds = append(b.index.seconds, uint32(min(max(m.Seconds, 0), math.MaxUint32)))
		b.subjects = append(b.subjects, block.subjects[i])
		if b.groups != nil {
			b.addToGroups(m)
		}
	}
}

// messageReader reads messages, one after the other.
type messageReader struct {
	seed    maphash.Seed
	scratch []byte
}

// subjectHash makes subjects comparable: without regard to case, white space
// (they are wrapped), quotes and backslashes (they are quoted in turn), dots at
// the end, and to whether letters outside of ASCII are stored in UTF-8 or in
// Latin-1.
func (r *messageReader) subjectHash(subject string) uint64 {
	subject = strings.TrimRight(subject, " \t\r\n.")
	r.scratch = slices.Grow(r.scratch[:0], len(subject)+1)
	folded, n := r.scratch[:len(subject)+1], 0
	for i := range len(subject) {
		c := subject[i]
		if c >= utf8.RuneSelf {
			r.scratch = appendFolded(r.scratch, subject)
			return maphash.Bytes(r.seed, r.scratch)
		}
		// Without a branch: which letter comes next is hard to guess.
		folded[n] = foldedASCII[c].to
		n += foldedASCII[c].length
	}
	return maphash.Bytes(r.seed, folded[:n])
}

// foldedASCII tells what a byte is like for subjectHash, and whether it is anything.
var foldedASCII = func() (folded [utf8.RuneSelf]struct {
	length int
	to     byte
}) {
	for c := range folded {
		if c > ' ' && !strings.ContainsRune("\"'`\\", rune(c)) {
			folded[c].to, folded[c].length = bytes.ToLower([]byte{byte(c)})[0], 1
		}
	}
	return folded
}()

// appendFolded folds a subject with letters outside of ASCII.
func appendFolded(folded []byte, subject string) []byte {
	valid := utf8.ValidString(subject)
	for i := 0; i < len(subject); {
		c := subject[i]
		if c < utf8.RuneSelf {
			i++
			if f := foldedASCII[c]; f.length > 0 {
				folded = append(folded, f.to)
			}
			continue
		}
		r, size := rune(c), 1
		if valid {
			r, size = utf8.DecodeRuneInString(subject[i:])
		}
		i += size
		if strings.ContainsRune("“”‘’", r) {
			continue
		}
		folded = utf8.AppendRune(folded, r)
	}
	return folded
}
