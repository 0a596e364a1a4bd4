package object

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/sourcegraph/conc"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/stage"
)

// Options are the limits of a [Store]; the zero value sets sensible ones.
type Options struct {
	// CacheBytes bounds what the shared cache holds; 0 means 384 MiB. Less
	// costs time, since delta bases have to be made again; much more gains
	// little.
	CacheBytes int
	// MaxObject is the largest object that is read, in bytes; 0 means 1 GiB,
	// and 1 TiB is the most. Objects above it fail with [ErrTooLarge] before
	// they are allocated. A hostile repository can make each worker allocate
	// about three times as much.
	MaxObject int64
}

const (
	defaultCache     = 384 << 20
	defaultMaxObject = 1 << 30
	mostMaxObject    = 1 << 40
)

// Store reads the objects of one repository. It is safe for concurrent use by
// any number of workers. What its methods return is shared and must not be
// changed; it stays valid after Close.
type Store struct {
	repo *gitcmd.Repository
	// limit is for objects asked for, baseLimit for those that they are made
	// from: whether an object can be read must not depend on how it was packed.
	limit, baseLimit uint64

	cacheBytes int
	cache      *cache
	fallback   *catFile
	replaced   map[stage.Hash]stage.Hash
	grafts     map[stage.Hash][]stage.Hash

	// use is held for reading while mappings are touched, and for writing by
	// Close.
	use    sync.RWMutex
	closed bool

	dirs     []*objectDir
	resident residents
	packs    atomic.Pointer[[]*pack] // only ever grows
	recent   atomic.Pointer[pack]    // where the last object was found
	scan     sync.Mutex              // held while directories are searched for new packs
	broken   atomic.Pointer[error]   // why a pack could not be used, if there is one
}

// Open opens the objects of a repository: it maps all packs and reads which
// objects are replaced (git-replace(1)) and where a shallow clone ends.
func Open(ctx context.Context, repo *gitcmd.Repository, options Options) (*Store, error) {
	if options.CacheBytes == 0 {
		options.CacheBytes = defaultCache
	}
	if options.MaxObject == 0 {
		options.MaxObject = defaultMaxObject
	}
	if options.CacheBytes < 0 || options.MaxObject < 0 || options.MaxObject > mostMaxObject {
		return nil, fmt.Errorf("object store: a cache of %d bytes and objects of up to %d are out of range",
			options.CacheBytes, options.MaxObject)
	}
	s := &Store{
		repo:       repo,
		resident:   residents{newResident(mostResidentPacks), newResident(mostResidentIndexes)},
		limit:      uint64(options.MaxObject),
		baseLimit:  uint64(max(options.MaxObject, defaultMaxObject)),
		cache:      newCache(options.CacheBytes),
		cacheBytes: options.CacheBytes,
		fallback:   newCatFile(ctx, repo, uint64(options.MaxObject)),
	}
	s.resident.packs.measures = true
	s.packs.Store(new([]*pack))
	if err := s.load(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("objects of %s: %w", repo.GitDir, err)
	}
	return s, nil
}

func (s *Store) load(ctx context.Context) (err error) {
	dirs, err := s.repo.ObjectDirs()
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		s.dirs = append(s.dirs, &objectDir{path: dir, known: map[string]bool{}})
	}
	var mapping conc.WaitGroup // while git is asked
	var mapErr error
	mapping.Go(func() { _, mapErr = s.rescan() })
	s.replaced, err = replacements(ctx, s.repo)
	mapping.Wait()
	if err := errors.Join(mapErr, err); err != nil {
		return err
	}
	s.grafts, err = readGrafts(s.repo)
	return err
}

// Close unmaps the packs and ends the git child, if there is one. It waits for
// reads that are under way; later ones fail with [ErrClosed]. Closing again
// does nothing.
func (s *Store) Close() error {
	s.fallback.close() // first: a reader may be waiting for its answer
	s.use.Lock()
	defer s.use.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var failures []error
	for _, p := range *s.packs.Load() {
		failures = append(failures, p.close())
	}
	s.recent.Store(nil)
	s.cache.clear()
	return errors.Join(failures...)
}

// Get reads an object, or the one that replaces it. Errors name the object;
// they wrap stage.ErrMissing if the repository does not hold it, and
// [ErrTooLarge] or [ErrCorrupt] where these apply.
//
// An object in the cache costs well under a microsecond; one from a pack is
// inflated, and all deltas between it and the next cached base applied.
func (s *Store) Get(ctx context.Context, id stage.Hash) (Type, []byte, error) {
	o, err := s.lookUp(ctx, id, true)
	if err != nil {
		return 0, nil, fmt.Errorf("object %s: %w", id, err)
	}
	return o.typ, o.content, nil
}

// Commit reads a commit; an object of another type is an error, as for Tree
// and Blob.
func (s *Store) Commit(ctx context.Context, id stage.Hash) ([]byte, error) {
	return s.typed(ctx, id, Commit)
}

// Tree reads a tree, in the form it is stored in.
func (s *Store) Tree(ctx context.Context, id stage.Hash) ([]byte, error) {
	return s.typed(ctx, id, Tree)
}

// Blob reads a blob; with it a Store is a [stage.Blobs].
func (s *Store) Blob(ctx context.Context, id stage.Hash) ([]byte, error) {
	return s.typed(ctx, id, Blob)
}

var _ stage.Blobs = (*Store)(nil)

func (s *Store) typed(ctx context.Context, id stage.Hash, want Type) ([]byte, error) {
	typ, content, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if typ != want {
		return nil, fmt.Errorf("object %s: %w", id, corrupt("it is a %s, not a %s", typ, want))
	}
	return content, nil
}

// Release tells that an object is asked for no more, as far as can be told: the cache
// keeps it only while there is room.
func (s *Store) Release(id stage.Hash) {
	s.use.RLock()
	defer s.use.RUnlock()
	if !s.closed {
		s.cache.release(&id)
	}
}

// Held gives an object that is in the cache under this id and was not released. To look
// does not make the cache keep it any longer.
func (s *Store) Held(id stage.Hash) (content []byte, ok bool) {
	s.use.RLock()
	defer s.use.RUnlock()
	if s.closed {
		return nil, false
	}
	return s.cache.held(&id)
}

// CacheBytes is what bounds the cache.
func (s *Store) CacheBytes() int { return s.cacheBytes }

// Stat gives the type and the size in bytes of an object, without inflating
// it, whatever its size. Its errors are those of Get.
func (s *Store) Stat(ctx context.Context, id stage.Hash) (Type, int64, error) {
	o, err := s.lookUp(ctx, id, false)
	if err != nil {
		return 0, 0, fmt.Errorf("object %s: %w", id, err)
	}
	return o.typ, o.size, nil
}

// Graft tells whether the repository overrides the parents of a commit, and by
// which: none where a shallow clone ends, others where info/grafts says so.
// git looks at these instead of at the parents in the commit.
func (s *Store) Graft(commit stage.Hash) (parents []stage.Hash, ok bool) {
	parents, ok = s.grafts[commit]
	return parents, ok
}

// emptyTree is known to git even where no repository holds it.
var emptyTree = stage.Hash{
	0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60,
	0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee, 0x49, 0x04,
}
