package dataset_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/source"
	"github.com/commitflow/commitflow/stage"
	"github.com/commitflow/commitflow/stage/dataset"
)

// without runs a history through a mode and Duplicates, and gives the commits of the
// rows that stay, and for each that does not, why, and for the sake of which row.
func without(t *testing.T, dir string, mode dataset.Maker) (kept []string, dropped map[string]string) {
	t.Helper()
	dropped = map[string]string{}
	git := &source.Git{Repo: dir}
	p := stage.New("test", stage.WithDropped(func(d stage.Dropped) { dropped[d.Identity] = d.Reason + ", as " + d.Of }))
	parsed := stage.Through(stage.From(p, git, stage.Workers(0)), stage.DiffParser{Contents: true}, stage.Workers(0))
	identified := stage.Through(parsed, stage.PatchIDs{}, stage.Workers(0))
	rows := stage.Through(stage.Through(identified, mode, stage.Workers(0)), &dataset.Duplicates{})
	stage.To(rows, stage.SinkFunc[*dataset.Example](func(_ context.Context, it stage.Item[*dataset.Example]) error {
		kept = append(kept, it.Value.Commit.String())
		return nil
	}))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
	return kept, dropped
}

// A change that comes again, with other words and elsewhere in the file, repeats the
// first; so does one with other white space, since git's patch-ids have none.
func TestDuplicatesNameTheRowThatTheyRepeat(t *testing.T) {
	r := newRepository(t)
	first := r.commit("begin", "a.c", "int a;\nint b;\n")
	changed := r.commit("change b", "a.c", "int a;\nlong b;\n")
	back := r.commit("change it back", "a.c", "int a;\nint b;\n")
	again := r.commit("change b again", "a.c", "int a;\nlong b;\n")
	r.commit("back again", "a.c", "int a;\nint b;\n")
	spaced := r.commit("with more room", "a.c", "int a;\nlong  b;\n")
	other := r.commit("another file", "b.c", "int a;\nint b;\n")
	kept, dropped := without(t, r.dir, &dataset.Standard{})
	assert.Equal(t, []string{first, changed, back, other}, kept)
	assert.Len(t, dropped, 3)
	for _, repeated := range []string{again, spaced} {
		assert.Equal(t, "duplicate patch, as standard/"+changed, dropped["commit "+repeated])
	}
}

// Rows of one file each are compared with rows of that file.
func TestDuplicatesOfSingleFiles(t *testing.T) {
	r := newRepository(t)
	r.commit("begin", "a.c", "int a;\n", "b.c", "int a;\n")
	both := r.commit("change both", "a.c", "long a;\n", "b.c", "long a;\n")
	r.commit("change them back", "a.c", "int a;\n", "b.c", "int a;\n")
	r.commit("change both once more", "a.c", "long a;\n", "b.c", "long a;\n")
	kept, dropped := without(t, r.dir, &dataset.Standard{Per: dataset.PerFile})
	assert.Len(t, kept, 6)
	require.Len(t, dropped, 1)
	for _, why := range dropped {
		assert.Contains(t, why, "duplicate patch, as standard/"+both+"/")
	}
}

func example(id byte, instruction, output string) *dataset.Example {
	commit := stage.Hash{id}
	return &dataset.Example{
		Instruction: instruction, Output: output, Metadata: dataset.Metadata{ID: "standard/" + commit.String(), Commit: commit},
	}
}

func TestDuplicateTexts(t *testing.T) {
	d := &dataset.Duplicates{}
	repeats := func(e *dataset.Example) bool {
		passed := false
		err := d.Process(t.Context(), e, func(*dataset.Example) { passed = true })
		reason, dropped := stage.DropReason(err)
		require.Equal(t, !passed, dropped)
		require.Contains(t, []string{"", "duplicate text"}, reason)
		return dropped
	}
	long := string(make([]byte, 2000)) + " end"
	for _, c := range []struct {
		instruction, output string
		repeats             bool
	}{
		{"change it", "+ a b", false},
		{" change\n\tit ", "+ a  b\n", true},
		{"change", "it + a b", false}, // the boundary of the texts counts
		{"Change it", "+ a b", false}, // and so does the case
		{long, long, false},
		{long, long + "\n", true},
		{long, long + " x", false},
	} {
		assert.Equal(t, c.repeats, repeats(example(1, c.instruction, c.output)), "%.20q", c.instruction)
	}
}

func TestDuplicatesAreFoundAfterAnInterruption(t *testing.T) {
	var before dataset.Duplicates
	for id, text := range []string{"a", "b", "c"} {
		require.NoError(t, before.Process(t.Context(), example(byte(id), text, text), func(*dataset.Example) {}))
	}
	state, err := before.Snapshot()
	require.NoError(t, err)
	var after dataset.Duplicates
	require.NoError(t, after.Restore(state))
	err = after.Process(t.Context(), example(9, "b", "b"), func(*dataset.Example) { t.Error("passed") })
	_, dropped := stage.DropReason(err)
	assert.True(t, dropped)
	again, err := after.Snapshot()
	require.NoError(t, err)
	assert.Equal(t, state, again)
	for _, broken := range [][]byte{nil, {9}, {1}, {1, 200}, state[:len(state)-1], append(state[:len(state):len(state)], 0)} {
		assert.Error(t, new(dataset.Duplicates).Restore(broken))
	}
}

// FuzzDuplicatesState restores states that somebody has changed.
func FuzzDuplicatesState(f *testing.F) {
	var d dataset.Duplicates
	_ = d.Process(f.Context(), example(1, "a", "b"), func(*dataset.Example) {})
	state, _ := d.Snapshot()
	f.Add(state)
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, state []byte) {
		var d dataset.Duplicates
		if d.Restore(state) != nil {
			return
		}
		again, err := d.Snapshot()
		require.NoError(t, err)
		require.NoError(t, new(dataset.Duplicates).Restore(again))
	})
}
