package stage_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// growing is a history of integers that can grow.
type growing struct {
	all   []int
	next  stage.Position
	state []byte
}

func (s *growing) Resume(state []byte, next stage.Position) error {
	s.next, s.state = next, state
	if int(next) > len(s.all) {
		return errors.New("the history has become shorter")
	}
	return nil
}

func (s *growing) State() ([]byte, error) { return []byte("numbers"), nil }

func (s *growing) Read(_ context.Context, emit func(int) error) error {
	for _, n := range s.all[s.next:] {
		if err := emit(n); err != nil {
			return err
		}
	}
	return nil
}

// reread is the same without a way to begin in the middle.
func reread(all []int) stage.SourceFunc[int] {
	return func(_ context.Context, emit func(int) error) error {
		for _, n := range all {
			if err := emit(n); err != nil {
				return err
			}
		}
		return nil
	}
}

// running adds the running sum to each item: a stage with state.
type running struct{ sum int }

func (s *running) Process(_ context.Context, n int, emit func([2]int)) error {
	s.sum += n
	emit([2]int{n, s.sum})
	return nil
}

func (s *running) Snapshot() ([]byte, error) { return binary.AppendVarint(nil, int64(s.sum)), nil }

func (s *running) Restore(state []byte) error {
	sum, _ := binary.Varint(state)
	s.sum = int(sum)
	return nil
}

// pairing holds every other item back, the last one to the end of the stream.
type pairing struct{ held []int }

func (s *pairing) Process(_ context.Context, n int, emit func(int)) error {
	if s.held = append(s.held, n); len(s.held) == 3 {
		emit(s.held[0]*1_000_000 + s.held[1])
		s.held = s.held[2:]
	}
	return nil
}

func (s *pairing) Flush(_ context.Context, emit func(int)) error {
	for _, n := range s.held {
		emit(-n)
	}
	s.held = nil
	return nil
}

func (s *pairing) Snapshot() ([]byte, error)  { return json.Marshal(s.held) }
func (s *pairing) Restore(state []byte) error { return json.Unmarshal(state, &s.held) }

// disk is what survives of a sink: rows in pieces that became durable whole.
type disk struct {
	mu   sync.Mutex // a kill may come from another sink's goroutine
	Rows []string
	Run  string
}

// diskState describes a disk for a checkpoint.
type diskState struct {
	Rows int
	Skip int // rows of the next position that are among them
}

type diskMark struct {
	next  stage.Position
	state diskState
}

func (d *disk) clone() *disk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &disk{Rows: slices.Clone(d.Rows), Run: d.Run}
}

// append adds rows and gives their number.
func (d *disk) append(rows []string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.Rows = append(d.Rows, rows...)
	return len(d.Rows)
}

// diskSink writes to a disk, so many rows at a time.
type diskSink[T any] struct {
	disk  *disk
	piece int
	// crash is called before each row; what it panics with ends the run.
	crash func()

	pending []string
	at      stage.Position // of the last row
	rows    int            // of those at that position, since the run began
	next    stage.Position // where it goes on, after so many rows of that position
	skip    int
	durable diskMark
	lock    chan struct{}
}

func newDiskSink[T any](d *disk, piece int, crash func()) *diskSink[T] {
	return &diskSink[T]{disk: d, piece: piece, crash: crash, lock: make(chan struct{}, 1)}
}

func (s *diskSink[T]) Resume(r stage.Resumption) error {
	if s.disk.Run == "" {
		s.disk.Run = r.Run
	}
	if s.disk.Run != r.Run {
		return fmt.Errorf("the disk is of run %s, not %s", s.disk.Run, r.Run)
	}
	var known diskState
	if r.State != nil {
		if err := json.Unmarshal(r.State, &known); err != nil {
			return err
		}
	}
	if len(s.disk.Rows) < known.Rows {
		return errors.New("the disk lacks rows")
	}
	s.disk.Rows = s.disk.Rows[:known.Rows] // what the checkpoint does not know comes again
	s.next, s.skip = r.Next, known.Skip
	s.durable = diskMark{r.Next, known}
	return nil
}

func (s *diskSink[T]) Durable() (stage.Position, []byte) {
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	state, _ := json.Marshal(s.durable.state)
	return s.durable.next, state
}

func (s *diskSink[T]) Write(_ context.Context, it stage.Item[T]) error {
	if s.crash != nil {
		s.crash()
	}
	if it.Position != s.at {
		s.at, s.rows = it.Position, 0
	}
	s.rows++
	if it.Position == s.next && s.rows <= s.skip {
		return nil
	}
	if len(s.pending) == s.piece {
		s.flush(it.Position, s.rows-1)
	}
	s.pending = append(s.pending, fmt.Sprint(it.Value))
	return nil
}

func (s *diskSink[T]) flush(next stage.Position, skip int) {
	s.lock <- struct{}{}
	defer func() { <-s.lock }()
	s.durable = diskMark{next, diskState{s.disk.append(s.pending), skip}}
	s.pending = nil
}

func (s *diskSink[T]) Finish(context.Context) error {
	if len(s.pending) > 0 {
		s.flush(s.at, s.rows)
	}
	return nil
}

// machine is what a kill -9 leaves behind: a checkpoint and two disks.
type machine struct {
	checkpoint  string
	left, right *disk
}

// errKilled stands for a kill -9: nothing that runs afterwards counts.
var errKilled = errors.New("killed")

// runOnce runs a pipeline with every kind of stage on the machine. It is killed
// before the row with the given number, if that comes; what happens on the
// machine after that moment is undone.
func (m *machine) runOnce(all []int, workers, killAt int, again bool) (killed bool, report *stage.Report, err error) {
	var image machine
	var file []byte
	rows := 0
	crash := func() {
		if rows++; rows%2000 == 0 {
			time.Sleep(200 * time.Millisecond) // lets the checkpoint be saved
		}
		if rows == killAt && !killed {
			killed = true
			file, _ = os.ReadFile(m.checkpoint)
			image = machine{left: m.left.clone(), right: m.right.clone()}
			panic(errKilled)
		}
	}
	p := stage.New("numbers", stage.WithCheckpoint(m.checkpoint, map[string]string{"of": "the test"}))
	var source stage.Source[int] = &growing{all: all}
	if again {
		source = reread(all)
	}
	odd := stage.Filter(stage.From(p, source), "odd", func(n int) bool { return n%7 != 0 }, stage.Workers(workers))
	first, second := stage.Tee(odd)
	summed := stage.Through(first, &running{})
	doubled := stage.FlatMap(summed, "double", func(_ context.Context, v [2]int, emit func([2]int)) error {
		emit(v)
		emit([2]int{v[0], -v[1]})
		return nil
	}, stage.Workers(workers))
	stage.To(stage.Limit(doubled, 60_000), newDiskSink[[2]int](m.left, 3000, crash))
	stage.To(stage.Batch(stage.Through(second, &pairing{}), 70), newDiskSink[[]int](m.right, 23, nil))
	report, err = p.Run(context.Background())
	if killed {
		m.left, m.right = image.left, image.right
		if file == nil {
			return true, report, errors.Join(os.Remove(m.checkpoint), err)
		}
		return true, report, os.WriteFile(m.checkpoint, file, 0o666)
	}
	return false, report, err
}

func newMachine(t *testing.T) *machine {
	return &machine{checkpoint: filepath.Join(t.TempDir(), "numbers.checkpoint"), left: &disk{}, right: &disk{}}
}

func sequence(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i + 1
	}
	return all
}

func TestAKilledRunGoesOnAsIfNothingHadHappened(t *testing.T) {
	all := sequence(36_000)
	for _, reread := range []bool{false, true} {
		for _, workers := range []int{1, 4} {
			t.Run(fmt.Sprintf("workers=%d,reread=%v", workers, reread), func(t *testing.T) {
				random := rand.New(rand.NewPCG(uint64(workers), 17))
				whole := newMachine(t)
				synctest.Test(t, func(t *testing.T) {
					_, _, err := whole.runOnce(all, workers, 0, reread)
					require.NoError(t, err)
				})
				require.Len(t, whole.left.Rows, 60_000)
				for range 4 {
					m := newMachine(t)
					kills := 0
					for {
						killed := false
						synctest.Test(t, func(t *testing.T) {
							var err error
							killed, _, err = m.runOnce(all, workers, 1+random.IntN(40_000), reread)
							if !killed {
								require.NoError(t, err)
							}
						})
						if !killed {
							break
						}
						kills++
					}
					assert.Positive(t, kills)
					assert.Equal(t, whole.left.Rows, m.left.Rows)
					assert.Equal(t, whole.right.Rows, m.right.Rows)
				}
			})
		}
	}
}

func TestAResumedRunDoesNotBeginAnew(t *testing.T) {
	all := sequence(30_000)
	m := newMachine(t)
	var report *stage.Report
	synctest.Test(t, func(t *testing.T) {
		killed, _, err := m.runOnce(all, 2, 45_000, false)
		require.True(t, killed)
		require.NoError(t, err)
	})
	synctest.Test(t, func(t *testing.T) {
		var err error
		_, report, err = m.runOnce(all, 2, 0, false)
		require.NoError(t, err)
	})
	assert.NotZero(t, report.Resumed)
	assert.Zero(t, report.Resumed%8192, "stages with state resume where they have a snapshot")
	assert.Contains(t, report.String(), "resumed at item")
	source := report.Stages[0]
	assert.EqualValues(t, len(all), report.Resumed+source.In)
	for _, s := range report.Stages {
		assert.Equal(t, s.In, s.Out+s.DroppedTotal(), s.Name)
	}
}

// A plain pipeline: source, one function, sink.
func plain(path string, all []int, d *disk, settings map[string]string) *stage.Pipeline {
	p := stage.New("plain", stage.WithCheckpoint(path, settings))
	s := stage.Map(stage.From(p, &growing{all: all}), "negate", func(_ context.Context, n int) (int, error) { return -n, nil })
	stage.To(s, newDiskSink[int](d, 10, nil))
	return p
}

func TestWhatHasGrownSinceIsAdded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	all := sequence(105)
	d := &disk{}
	_, err := plain(path, all[:33], d, nil).Run(t.Context())
	require.NoError(t, err)
	require.Len(t, d.Rows, 33)

	report, err := plain(path, all[:33], d, nil).Run(t.Context())
	require.NoError(t, err, "nothing new is no error")
	require.Len(t, d.Rows, 33)
	assert.EqualValues(t, 33, report.Resumed)
	assert.Zero(t, report.Stages[0].In)

	_, err = plain(path, all, d, nil).Run(t.Context())
	require.NoError(t, err)
	fresh := &disk{}
	_, err = plain(path+"2", all, fresh, nil).Run(t.Context())
	require.NoError(t, err)
	assert.Equal(t, fresh.Rows, d.Rows)
}

func TestACheckpointRefusesWhatItDoesNotFit(t *testing.T) {
	all := sequence(40)
	begun := func(t *testing.T, settings map[string]string) (string, *disk) {
		path, d := filepath.Join(t.TempDir(), "c"), &disk{}
		_, err := plain(path, all, d, settings).Run(t.Context())
		require.NoError(t, err)
		return path, d
	}
	for _, test := range []struct {
		name string
		then map[string]string
		run  func(path string, d *disk) *stage.Pipeline
		want string
	}{
		{"another setting", map[string]string{"quality": "50"}, func(path string, d *disk) *stage.Pipeline {
			return plain(path, all, d, map[string]string{"quality": "60"})
		}, `quality is "50" there and "60" now`},
		{"a setting more", nil, func(path string, d *disk) *stage.Pipeline {
			return plain(path, all, d, map[string]string{"quality": "60"})
		}, "it has no quality"},
		{"a setting less", map[string]string{"quality": "50"}, func(path string, d *disk) *stage.Pipeline {
			return plain(path, all, d, nil)
		}, "it has quality, which is gone now"},
		{"another pipeline", nil, func(path string, d *disk) *stage.Pipeline {
			p := stage.New("other", stage.WithCheckpoint(path, nil))
			stage.To(stage.From(p, &growing{all: all}), newDiskSink[int](d, 10, nil))
			return p
		}, `pipeline "plain", now "other"`},
		{"other stages", nil, func(path string, d *disk) *stage.Pipeline {
			p := stage.New("plain", stage.WithCheckpoint(path, nil))
			stage.To(stage.From(p, &growing{all: all}), newDiskSink[int](d, 10, nil))
			return p
		}, "stages is"},
		{"a shorter history", nil, func(path string, d *disk) *stage.Pipeline {
			return plain(path, all[:10], d, nil)
		}, "the history has become shorter"},
		{"another output", nil, func(path string, _ *disk) *stage.Pipeline {
			return plain(path, all, &disk{}, nil)
		}, "the disk lacks rows"},
		{"an output of another run", nil, func(path string, _ *disk) *stage.Pipeline {
			return plain(path, all, &disk{Run: "x"}, nil)
		}, "the disk is of run x"},
		{"no checkpoint at all", nil, func(path string, d *disk) *stage.Pipeline {
			_ = os.WriteFile(path, []byte("PK\x03\x04"), 0o666)
			return plain(path, all, d, nil)
		}, "it is no checkpoint"},
		{"nothing but a name", nil, func(path string, d *disk) *stage.Pipeline {
			_ = os.WriteFile(path, []byte(`{"version": 1, "pipeline": "plain"}`), 0o666)
			return plain(path, all, d, nil)
		}, "it has no stages"},
		{"no sources", nil, func(path string, d *disk) *stage.Pipeline {
			_ = os.WriteFile(path, []byte(`{"version": 1, "pipeline": "plain", "settings": {"stages": "stage_test.growing, negate, stage_test.diskSink"}}`), 0o666)
			return plain(path, all, d, nil)
		}, "it has 0 sources"},
		{"a later version", nil, func(path string, d *disk) *stage.Pipeline {
			_ = os.WriteFile(path, []byte(`{"version": 99}`), 0o666)
			return plain(path, all, d, nil)
		}, "version 99"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path, d := begun(t, test.then)
			before := slices.Clone(d.Rows)
			_, err := test.run(path, d).Run(t.Context())
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, path)
			assert.NotContains(t, err.Error(), "\n")
			assert.Equal(t, before, d.Rows)
		})
	}
}

func TestACheckpointHasOneRunAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	p := stage.New("outer", stage.WithCheckpoint(path, nil))
	s := stage.Map(stage.From(p, &growing{all: []int{1}}), "inner", func(ctx context.Context, n int) (int, error) {
		_, err := plain(path, []int{1}, &disk{}, nil).Run(ctx)
		require.ErrorIs(t, err, stage.ErrCheckpointLocked)
		return n, nil
	})
	stage.To(s, newDiskSink[int](&disk{}, 1, nil))
	_, err := p.Run(t.Context())
	require.NoError(t, err)
}

func TestAPipelineWithACheckpointIsWiredForIt(t *testing.T) {
	wire := func(build func(p *stage.Pipeline, s stage.Stream[int])) error {
		p := stage.New("p", stage.WithCheckpoint(filepath.Join(t.TempDir(), "c"), nil))
		build(p, stage.From(p, &growing{all: []int{1}}))
		_, err := p.Run(t.Context())
		return err
	}
	for _, test := range []struct {
		name, want string
		build      func(p *stage.Pipeline, s stage.Stream[int])
	}{
		{"a sink that forgets", "the sink is no ResumableSink", func(_ *stage.Pipeline, s stage.Stream[int]) {
			stage.To(s, &collector[int]{})
		}},
		{"a stage that holds back", "it holds items back and has no Snapshot method", func(_ *stage.Pipeline, s stage.Stream[int]) {
			stage.To(stage.Through(s, forgetful{}), newDiskSink[int](&disk{}, 1, nil))
		}},
		{"a raw stage", "a raw stage may hold items", func(_ *stage.Pipeline, s stage.Stream[int]) {
			raw := stage.Raw(s, "raw", func(_ context.Context, in <-chan stage.Item[int], out chan<- stage.Item[int]) error {
				for it := range in {
					out <- it
				}
				return nil
			})
			stage.To(raw, newDiskSink[int](&disk{}, 1, nil))
		}},
		{"no order", "a checkpoint needs the order", func(_ *stage.Pipeline, s stage.Stream[int]) {
			kept := stage.Filter(s, "all", func(int) bool { return true }, stage.Workers(2), stage.Unordered())
			stage.To(kept, newDiskSink[int](&disk{}, 1, nil))
		}},
		{"state on several workers", "needs the items one by one", func(_ *stage.Pipeline, s stage.Stream[int]) {
			stage.To(stage.Through(s, &running{}, stage.Workers(3)), newDiskSink[[2]int](&disk{}, 1, nil))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.ErrorContains(t, wire(test.build), test.want)
		})
	}
	p := stage.New("p", stage.WithCheckpoint("", nil))
	stage.To(stage.From(p, &growing{}), newDiskSink[int](&disk{}, 1, nil))
	_, err := p.Run(t.Context())
	require.ErrorContains(t, err, "name a file")
}

// forgetful holds items back and cannot save them.
type forgetful struct{}

func (forgetful) Process(context.Context, int, func(int)) error { return nil }
func (forgetful) Flush(context.Context, func(int)) error        { return nil }

func TestACheckpointThatCannotBeSavedEndsTheRun(t *testing.T) {
	_, err := plain(filepath.Join(t.TempDir(), "absent", "c"), sequence(3), &disk{}, nil).Run(t.Context())
	require.ErrorContains(t, err, "absent")
}

func TestACheckpointIsReadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	_, err := plain(path, sequence(25), &disk{}, map[string]string{"quality": "50"}).Run(t.Context())
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var file struct {
		Version  int
		Pipeline string
		Complete bool
		Settings map[string]string
		Sources  []struct{ Next int }
	}
	require.NoError(t, json.NewDecoder(bytes.NewReader(text)).Decode(&file))
	assert.True(t, file.Complete)
	assert.Equal(t, 25, file.Sources[0].Next)
	assert.Equal(t, "50", file.Settings["quality"])
	assert.Contains(t, slices.Collect(maps.Keys(file.Settings)), "stages")
}
