package stage

import (
	"context"
	"fmt"
	"math"
	"runtime"
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
		block := messageBlock{messages: messages, hasher: subjectHasher{seed: b.seed}}
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
	hasher   subjectHasher
	subjects []uint64           // hashes of their subjects
	stated   []pendingReference // from is the number of the message in the block
}

// read finds what the messages say.
func (r *messageBlock) read() {
	r.subjects = make([]uint64, len(r.messages))
	for i := range r.messages {
		// Nothing keeps a part of the text, so that it need not be copied.
		stored := r.messages[i].Text
		text := unsafe.String(unsafe.SliceData(stored), len(stored))
		r.subjects[i] = r.hasher.hash(firstParagraph(text))
		for _, s := range statements(text) {
			p := pendingReference{
				from:      uint32(i),
				kind:      edgeKindOf(s.Kind),
				partial:   s.Partial,
				malformed: s.Reason != "",
				prefix:    parsePrefix(s.Hex),
			}
			if s.Subject != "" && !s.cut {
				p.quoted, p.subject = true, r.hasher.hash(s.Subject)
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
