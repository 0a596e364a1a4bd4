package bench

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// BenchmarkPatchIDs takes the patch-ids of commits. Bytes are those of the
// patches.
func BenchmarkPatchIDs(b *testing.B) {
	commits := processed(b, stage.DiffParser{}, commitsOf(b, sampled(b)))
	size := 0
	for _, c := range commits {
		for i := range c.Files {
			size += len(c.Files[i].Patch)
		}
	}
	process(b, stage.PatchIDs{}, commits, size)
}

// BenchmarkPeople maps the people of commits. Bytes are those of the messages.
func BenchmarkPeople(b *testing.B) {
	git := sampled(b)
	commits := commitsOf(b, git)
	people := &stage.People{Mailmaps: git}
	require.NoError(b, people.Open(b.Context()))
	process(b, people, commits, messageBytes(commits))
}

// BenchmarkMaintainers finds the sections of commits: with nothing known of the
// history before a pass, and with everything. Bytes are those of the paths.
func BenchmarkMaintainers(b *testing.B) {
	git := sampled(b)
	commits := commitsOf(b, git)
	size := pathBytes(commits)
	b.Run("first", func(b *testing.B) {
		measure(b, amount{len(commits), "commit", size}, func() {
			place(b, &stage.Maintainers{Mailmaps: git}, commits)
		})
	})
	b.Run("again", func(b *testing.B) {
		known := &stage.Maintainers{Mailmaps: git}
		require.NoError(b, known.Open(b.Context()))
		process(b, known, commits, size)
	})
}

// place opens a stage and has it find all sections.
func place(b *testing.B, m *stage.Maintainers, commits []*stage.Commit) {
	require.NoError(b, m.Open(b.Context()))
	for _, c := range commits {
		require.NoError(b, m.Process(b.Context(), c, func(*stage.Commit) {}))
	}
}

// BenchmarkAuthors tells the experience of commits' authors. Bytes are those of
// the paths, by which it counts subsystems.
func BenchmarkAuthors(b *testing.B) {
	git := sampled(b)
	commits := processed(b, &stage.People{Mailmaps: git}, commitsOf(b, git))
	process(b, &stage.Authors{}, commits, pathBytes(commits))
}

// pathBytes is how long the commits' paths are together.
func pathBytes(commits []*stage.Commit) (size int) {
	for _, c := range commits {
		for i := range c.Files {
			size += len(c.Files[i].Path())
		}
	}
	return size
}
