package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/score"
	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
)

// A layer is measured on the youngest commits of a history, so that it takes
// seconds on one of any length.
var sample = []string{"--no-merges", fmt.Sprintf("--max-count=%d", sampleSize), "HEAD"}

const sampleSize = 5000

// sampled opens the sample with room for all of it in the cache, so that only
// the first pass over it inflates anything. It is closed when the benchmark ends.
func sampled(b *testing.B) *source.Git {
	b.Helper()
	return opened(b, &source.Git{Repo: repository(b), Revisions: sample, CacheBytes: 1 << 30})
}

func opened(b *testing.B, git *source.Git) *source.Git {
	b.Helper()
	require.NoError(b, git.Open(b.Context()))
	b.Cleanup(func() { require.NoError(b, git.Close()) })
	return git
}

// commitsOf gives the commits as the source reads them: with paths, without
// patches.
func commitsOf(b *testing.B, git *source.Git) []*stage.Commit {
	b.Helper()
	var commits []*stage.Commit
	require.NoError(b, git.Read(b.Context(), func(c *stage.Commit) error {
		commits = append(commits, c)
		return git.Load(b.Context(), c)
	}))
	return commits
}

// processed gives the items that a processor makes of others. What it drops is
// left out.
func processed[In, Out any](b *testing.B, p stage.Processor[In, Out], items []In) []Out {
	b.Helper()
	var out []Out
	s := stage.New("sample")
	from := stage.From(s, stage.SourceFunc[In](func(_ context.Context, emit func(In) error) error {
		for _, item := range items {
			if err := emit(item); err != nil {
				return err
			}
		}
		return nil
	}))
	stage.To(stage.Through(from, p, stage.Workers(0)), stage.SinkFunc[Out](func(_ context.Context, it stage.Item[Out]) error {
		out = append(out, it.Value)
		return nil
	}))
	_, err := s.Run(b.Context())
	require.NoError(b, err)
	return out
}

// process measures a processor that changes commits in place.
func process(b *testing.B, p stage.Processor[*stage.Commit, *stage.Commit], commits []*stage.Commit, bytes int) {
	b.Helper()
	measure(b, amount{len(commits), "commit", bytes}, func() {
		for _, c := range commits {
			if err := p.Process(b.Context(), c, func(*stage.Commit) {}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// labelled gives the sample's commits with all that the stages find out.
func labelled(b *testing.B, git *source.Git, parser stage.DiffParser) []*stage.Commit {
	b.Helper()
	commits := processed(b, parser, commitsOf(b, git))
	commits = processed(b, score.Heuristic{}, commits)
	commits = processed(b, stage.Subsystems{}, commits)
	commits = processed(b, stage.Classifier{}, commits)
	return processed(b, &stage.ChainLinker{Messages: git}, commits)
}

// memory holds the contents of blobs.
type memory map[stage.Hash][]byte

// Blob gives a content that memory holds.
func (m memory) Blob(_ context.Context, id stage.Hash) ([]byte, error) {
	if content, ok := m[id]; ok {
		return content, nil
	}
	return nil, stage.ErrMissing
}

// add holds the content of a blob as well, if there is one, and gives its size.
func (m memory) add(b *testing.B, from stage.Blobs, id stage.Hash) int {
	b.Helper()
	if id.IsZero() {
		return 0
	}
	content, err := from.Blob(b.Context(), id)
	if errors.Is(err, stage.ErrMissing) {
		return 0
	}
	require.NoError(b, err)
	m[id] = bytes.Clone(content)
	return len(content)
}

// maxHeld bounds the contents that a benchmark holds.
const maxHeld = 512 << 20

// inMemory gives those of the commits' changes that fit, with their contents in
// memory, as far as there is room; and how many bytes these are.
func inMemory(b *testing.B, commits []*stage.Commit, fits func(*stage.FileChange) bool) (chosen []*stage.Commit, size int) {
	b.Helper()
	held := memory{}
	for _, c := range commits {
		var files []stage.FileChange
		for _, f := range c.Files {
			if !fits(&f) {
				continue
			}
			files = append(files, f)
			if f.OldMode.Type() != stage.ModeSubmodule {
				size += held.add(b, c.Blobs, f.OldID)
			}
			if f.NewMode.Type() != stage.ModeSubmodule {
				size += held.add(b, c.Blobs, f.NewID)
			}
		}
		if len(files) > 0 {
			c.Files, c.Blobs = files, held
			chosen = append(chosen, c)
		}
		if size > maxHeld {
			break
		}
	}
	return chosen, size
}

// messageBytes is how long the commits' messages are together.
func messageBytes(commits []*stage.Commit) (size int) {
	for _, c := range commits {
		size += len(c.Message)
	}
	return size
}
