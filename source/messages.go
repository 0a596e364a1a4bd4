package source

import (
	"cmp"
	"context"
	"runtime"
	"slices"

	"github.com/sourcegraph/conc/stream"

	"github.com/commitflow/commitflow/source/internal/commitobj"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/stage"
)

// messageBlock is how many commits a goroutine reads at a time: enough to make
// handing them over cheap.
const messageBlock = 256

// Messages calls each for every commit of the history, oldest first, from one
// goroutine at a time; the objects are read by several. It opens g if it is not
// open yet. A commit that cannot be read has no message here: it fails, and is
// counted, when it is loaded.
func (g *Git) Messages(ctx context.Context, each func(stage.Message) error) error {
	if err := g.Open(ctx); err != nil {
		return err
	}
	objects, history, err := g.opened()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	readers := stream.New().WithMaxGoroutines(cmp.Or(g.Workers, runtime.GOMAXPROCS(0)))
	first := stage.Position(0)
	for block := range slices.Chunk(history.revisions, messageBlock) {
		if ctx.Err() != nil {
			break
		}
		start := first
		first += stage.Position(len(block))
		readers.Go(func() stream.Callback {
			messages := readMessages(ctx, objects, history, start, block)
			return func() {
				for _, m := range messages {
					if ctx.Err() != nil {
						return
					}
					if err := each(m); err != nil {
						cancel(err)
					}
				}
			}
		})
	}
	readers.Wait()
	return context.Cause(ctx)
}

// readMessages reads one block.
func readMessages(ctx context.Context, objects *object.Store, history *history, first stage.Position, block []stage.Hash) []stage.Message {
	messages := make([]stage.Message, 0, len(block))
	parents := make([]stage.Hash, 0, len(block)+len(block)/4)
	for i, id := range block {
		raw := history.kept.Get(first + stage.Position(i))
		if raw == nil {
			var err error
			if raw, err = objects.Commit(ctx, id); err != nil {
				continue
			}
		}
		said := commitobj.Message(raw)
		own := len(parents)
		if grafted, ok := objects.Graft(id); ok {
			parents = append(parents, grafted...)
		} else {
			parents = commitobj.AppendParents(parents, raw)
		}
		messages = append(messages, stage.Message{
			Position:  first + stage.Position(i),
			Hash:      id,
			Parents:   parents[own:len(parents):len(parents)],
			Seconds:   said.Seconds,
			Author:    said.Author,
			Committer: said.Committer,
			Text:      said.Text,
		})
	}
	return messages
}
