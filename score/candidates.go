package score

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/commitflow/commitflow/stage"
)

// Candidates is a source of the commits to ask a model about: of those of
// another source it gives the ones that fit, the best first, as the heuristic
// score has it. It takes two passes over that source: the first notes score and
// place of every commit that fits, 28 bytes each, and the second reads these
// commits again, in their new order.
//
//	labels := func(s stage.Stream[*stage.Commit]) stage.Stream[*stage.Commit] {
//		return stage.Through(s, score.Heuristic{}, stage.Workers(0))
//	}
//	best := &score.Candidates{From: &source.Git{Repo: "linux.git"}, Label: labels, MinQuality: 50, Limit: 1000}
//	commits := labels(stage.From(p, best, stage.Workers(0)))
//
// Commits without files, such as merges, are no candidates: there is nothing to
// ask about. Commits keep the Position that they have in their history, while the items of
// the stream are counted anew. Use it by pointer, in one run at a time.
type Candidates struct {
	// From is where the commits are: a *source.Git or a *source.ClickHouse, or
	// another [stage.Source] that is a [stage.Loader] or a [Positions]. From must
	// give the same commits in both passes.
	From stage.Source[*stage.Commit]
	// Label adds to the commits of the first pass what the choice depends on:
	// quality, tags, subsystems. Commits that it drops do not fit. nil is for
	// commits that have these already, such as those of a database.
	Label func(stage.Stream[*stage.Commit]) stage.Stream[*stage.Commit]
	// MinQuality is the least heuristic score.
	MinQuality float32
	// Tags lists tags of which a commit must have one, Subsystems those that it
	// must touch one of, see [stage.InSubsystems]. Empty ones exclude nothing.
	Tags, Subsystems []string
	// Limit is how many commits to give at most; 0 means all that fit.
	Limit int
	// InOrder gives the commits in the order of their history, and so the first
	// ones where there is a Limit.
	InOrder bool
	// Workers is how many goroutines read in the first pass; 0 means one per CPU.
	Workers int
	// Until ends the reading when it reports true; nil never does. It may look at
	// the Over of a judge.Model, to read no more once the budget is used up.
	Until func() bool

	chosen []candidate
	failed uint64
}

// Positions is implemented by sources that can read the commits at given
// positions.
type Positions interface {
	// ReadAt emits the commits at the positions, which ascend.
	ReadAt(ctx context.Context, positions []stage.Position, emit func(*stage.Commit) error) error
}

// Qualities is implemented by sources that know the heuristic score of their
// commits without reading them. It saves the first pass, where there is nothing
// to label or to choose by but the score. It leaves out commits without files.
type Qualities interface {
	Qualities(ctx context.Context, each func(at stage.Position, quality float32) error) error
}

var (
	_ stage.Source[*stage.Commit] = (*Candidates)(nil)
	_ stage.Loader[*stage.Commit] = (*Candidates)(nil)
	_ stage.Totaler               = (*Candidates)(nil)
	_ stage.Opener                = (*Candidates)(nil)
	_ stage.Closer                = (*Candidates)(nil)
)

// candidate is a commit that fits.
type candidate struct {
	hash     stage.Hash
	position uint32
	quality  float32
}

// maxCandidates is what the positions of a candidate can count.
const maxCandidates = 1<<32 - 1

// Open makes the first pass. A commit that cannot be read in it is left out;
// [Candidates.Unreadable] counts them.
func (s *Candidates) Open(ctx context.Context) error {
	loader, loads := s.From.(stage.Loader[*stage.Commit])
	_, reads := s.From.(Positions)
	switch {
	case s.From == nil:
		return errors.New("candidates: From is nil: say where the commits are")
	case !loads && !reads:
		return fmt.Errorf("candidates: a %T cannot be read at chosen places: use source.Git or source.ClickHouse, or stage.Filter and stage.Limit", s.From)
	case !(s.MinQuality >= 0 && s.MinQuality <= 100):
		return fmt.Errorf("candidates: a quality of %v: want 0 to 100", s.MinQuality)
	case s.Limit < 0 || s.Workers < 0:
		return fmt.Errorf("candidates: a limit of %d and %d workers: want numbers from 0", s.Limit, s.Workers)
	}
	if o, ok := s.From.(stage.Opener); ok {
		if err := o.Open(ctx); err != nil {
			return err
		}
	}
	r := ranking{limit: s.Limit, inOrder: s.InOrder}
	qualities, known := s.From.(Qualities)
	var err error
	if known && s.Label == nil && len(s.Tags)+len(s.Subsystems) == 0 {
		err = qualities.Qualities(ctx, func(at stage.Position, quality float32) error {
			if quality < s.MinQuality {
				return nil
			}
			return r.add(stage.Hash{}, at, quality)
		})
	} else {
		err = s.rank(ctx, loader, &r)
	}
	if err != nil {
		return err
	}
	s.chosen = r.best()
	return nil
}

// rank makes the first pass with a pipeline of its own.
func (s *Candidates) rank(ctx context.Context, loader stage.Loader[*stage.Commit], r *ranking) error {
	p := stage.New("candidates", stage.OnError(stage.Skip))
	workers := stage.Workers(s.Workers)
	var commits stage.Stream[*stage.Commit]
	if loader != nil {
		commits = stage.From(p, stage.Source[*stage.Commit](opened{s.From, loader}), workers)
	} else {
		commits = stage.From(p, stage.Source[*stage.Commit](stage.SourceFunc[*stage.Commit](s.From.Read)))
	}
	if s.Label != nil {
		commits = s.Label(commits)
	}
	commits = stage.Filter(commits, "no files", func(c *stage.Commit) bool { return len(c.Files) > 0 })
	commits = stage.Filter(commits, "quality", func(c *stage.Commit) bool { return c.Quality.Score >= s.MinQuality })
	if len(s.Tags) > 0 {
		commits = stage.Filter(commits, "tags", func(c *stage.Commit) bool { return slices.ContainsFunc(s.Tags, c.HasTag) })
	}
	if len(s.Subsystems) > 0 {
		commits = stage.Filter(commits, "subsystems", stage.InSubsystems(s.Subsystems...))
	}
	stage.To(commits, stage.SinkFunc[*stage.Commit](func(_ context.Context, it stage.Item[*stage.Commit]) error {
		return r.add(it.Value.Hash, it.Value.Position, it.Value.Quality.Score)
	}))
	report, err := p.Run(ctx)
	s.failed = report.Failed
	return err
}

// opened is a source that is open already and stays so.
type opened struct {
	stage.Source[*stage.Commit]
	stage.Loader[*stage.Commit]
}

// Unreadable counts the commits that could not be read in the first pass, and so
// are no candidates.
func (s *Candidates) Unreadable() uint64 { return s.failed }

// Close closes From.
func (s *Candidates) Close() error {
	s.chosen = nil
	if c, ok := s.From.(stage.Closer); ok {
		return c.Close()
	}
	return nil
}

// Total is the number of commits that were chosen.
func (s *Candidates) Total() int { return len(s.chosen) }

// windowOfPositions is how many commits are read at once from a source that is
// read by positions.
const windowOfPositions = 64

// Read emits the chosen commits: those of a [stage.Loader] with little more than
// their hashes, for Load.
func (s *Candidates) Read(ctx context.Context, emit func(*stage.Commit) error) error {
	if reader, ok := s.From.(Positions); ok {
		return s.readWindows(ctx, reader, emit)
	}
	keys, err := s.keys(ctx)
	if err != nil {
		return err
	}
	for _, c := range s.chosen {
		if s.Until != nil && s.Until() {
			return nil
		}
		commit := *keys
		commit.Hash, commit.Position = c.hash, stage.Position(c.position)
		if err := emit(&commit); err != nil {
			return err
		}
	}
	return nil
}

// errFirst ends a reading after its first commit.
var errFirst = errors.New("one commit is enough")

// keys gives what all commits that From emits have in common, such as their
// repository.
func (s *Candidates) keys(ctx context.Context) (*stage.Commit, error) {
	common := &stage.Commit{}
	err := s.From.Read(ctx, func(c *stage.Commit) error {
		common = c
		return errFirst
	})
	if err != nil && !errors.Is(err, errFirst) {
		return nil, err
	}
	return common, nil
}

func (s *Candidates) readWindows(ctx context.Context, reader Positions, emit func(*stage.Commit) error) error {
	for window := range slices.Chunk(s.chosen, windowOfPositions) {
		if s.Until != nil && s.Until() {
			return nil
		}
		place := make(map[stage.Position]int, len(window))
		positions := make([]stage.Position, len(window))
		for i, c := range window {
			positions[i] = stage.Position(c.position)
			place[positions[i]] = i
		}
		slices.Sort(positions)
		commits := make([]*stage.Commit, len(window))
		err := reader.ReadAt(ctx, positions, func(c *stage.Commit) error {
			if i, ok := place[c.Position]; ok {
				commits[i] = c
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, c := range commits {
			if c == nil {
				continue // it has gone since the first pass
			}
			if err := emit(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// Load fills a commit in, if From leaves that to do.
func (s *Candidates) Load(ctx context.Context, c *stage.Commit) error {
	if _, complete := s.From.(Positions); complete {
		return nil
	}
	return s.From.(stage.Loader[*stage.Commit]).Load(ctx, c)
}

// ranking keeps the candidates that are to be read.
type ranking struct {
	limit   int
	inOrder bool
	all     []candidate
}

// add takes a candidate. Where there is a limit, no more than twice as many are
// held.
func (r *ranking) add(hash stage.Hash, at stage.Position, quality float32) error {
	if at > maxCandidates {
		return fmt.Errorf("candidates: position %d: more commits than can be counted", at)
	}
	r.all = append(r.all, candidate{hash, uint32(at), quality})
	if r.limit > 0 && len(r.all) >= 2*r.limit {
		r.all = r.best()
	}
	return nil
}

// best gives the candidates in the order of reading, as many as are wanted.
func (r *ranking) best() []candidate {
	slices.SortFunc(r.all, func(a, b candidate) int {
		if !r.inOrder && a.quality != b.quality {
			return cmp.Compare(b.quality, a.quality)
		}
		return cmp.Compare(a.position, b.position)
	})
	if r.limit > 0 && len(r.all) > r.limit {
		r.all = r.all[:r.limit]
	}
	return r.all
}
