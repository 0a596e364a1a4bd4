package score

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/commitflow/commitflow/stage"
)

// Journal is the [Store] in a file: one [stage.Judgment] a line, as JSON, in the
// order in which they came. The file is only ever appended to; where a key occurs
// again, the later line counts.
//
// A judgment is handed to the system before Add returns, so it survives the end
// of the process, kill -9 included. The file is synced to the disk at most a
// second later if more judgments come, and when the journal is closed; a crash of
// the machine costs what has come since. The beginning of a line that a crash has
// left at the end of the file is cut off by Open.
//
// In memory a judgment takes some 70 bytes; its text stays in the file. A second
// process on the same file is refused with [ErrJournalInUse].
type Journal struct {
	// Path is the file. Open makes it if need be.
	Path string

	mu     sync.Mutex
	users  int
	lock   *flock.Flock
	file   *os.File
	size   int64
	synced time.Time
	broken error // what an Add has failed with: the file's end is unknown then
	judges []judge
	lines  map[judgmentKey]line
}

var _ Store = (*Journal)(nil)

// ErrJournalInUse tells that another process uses the journal.
var ErrJournalInUse = errors.New("another process is using the journal of scores")

// judge is who has judged, and by what.
type judge struct{ model, rubric string }

type judgmentKey struct {
	commit stage.Hash
	judge  uint16 // in the list
}

// line is where a judgment is in the file.
type line struct {
	offset int64
	length uint32
}

const (
	maxJournalLine = 8 << 20
	maxJudges      = 1 << 16
	syncInterval   = time.Second
)

// Open reads the file, and locks it against other processes.
func (j *Journal) Open(context.Context) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.users == 0 {
		if j.Path == "" {
			return errors.New("journal of scores: name a file")
		}
		if err := j.open(); err != nil {
			return fmt.Errorf("journal of scores %s: %w", j.Path, err)
		}
	}
	j.users++
	return nil
}

func (j *Journal) open() (err error) {
	lock := flock.New(j.Path + ".lock")
	locked, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	if !locked {
		return fmt.Errorf("%w: wait for it to end, or name another file", ErrJournalInUse)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.release())
		}
	}()
	j.lock = lock
	if j.file, err = os.OpenFile(j.Path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return err
	}
	if err := j.load(); err != nil {
		return err
	}
	// What may have been appended but not synced before a crash is, from now on.
	if err := j.sync(); err != nil {
		return err
	}
	return syncDir(filepath.Dir(j.Path))
}

// load reads the lines and cuts off one that was not written to its end.
func (j *Journal) load() error {
	j.size, j.judges, j.lines, j.broken = 0, nil, make(map[judgmentKey]line), nil
	in := bufio.NewReaderSize(j.file, 1<<16)
	for number := 1; ; number++ {
		text, err := readLine(in)
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		var judgment stage.Judgment
		if err := json.Unmarshal(text, &judgment); err != nil {
			return fmt.Errorf("line %d is no judgment (%w): name another file, or take the line out", number, err)
		}
		if judgment.Model == "" || judgment.Rubric == "" || judgment.Commit == (stage.Hash{}) || judgment.Failure == "" && judgment.Overall == 0 {
			return fmt.Errorf("line %d is no judgment: it lacks a commit, a model, a rubric or a score: name another file, or take the line out", number)
		}
		if err := j.index(&judgment, len(text)); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	return j.file.Truncate(j.size)
}

// readLine gives a line with its newline. A text without one at the end of the
// file is none.
func readLine(in *bufio.Reader) ([]byte, error) {
	var long []byte
	for {
		text, err := in.ReadSlice('\n')
		switch {
		case err == nil && long == nil:
			return text, nil
		case err == nil:
			return append(long, text...), nil
		case err != bufio.ErrBufferFull:
			return nil, err
		}
		if long = append(long, text...); len(long) > maxJournalLine {
			return nil, fmt.Errorf("it is longer than %d bytes, so this is no journal of scores: name another file", maxJournalLine)
		}
	}
}

// index notes a judgment whose line comes next in the file.
func (j *Journal) index(judgment *stage.Judgment, length int) error {
	who := judge{judgment.Model, judgment.Rubric}
	at := j.find(who)
	if at < 0 {
		if len(j.judges) == maxJudges {
			return fmt.Errorf("more than %d models and rubrics: begin another journal", maxJudges)
		}
		at = len(j.judges)
		j.judges = append(j.judges, who)
	}
	j.lines[judgmentKey{judgment.Commit, uint16(at)}] = line{j.size, uint32(length)}
	j.size += int64(length)
	return nil
}

func (j *Journal) find(who judge) int {
	for i := range j.judges {
		if j.judges[i] == who {
			return i
		}
	}
	return -1
}

// Find gives a judgment, see [Store].
func (j *Journal) Find(commit stage.Hash, model, rubric string) (*stage.Judgment, error) {
	j.mu.Lock()
	file := j.file
	var at line
	if who := j.find(judge{model, rubric}); who >= 0 {
		at = j.lines[judgmentKey{commit, uint16(who)}]
	}
	j.mu.Unlock()
	if at.length == 0 {
		return nil, nil
	}
	return j.read(file, at)
}

// Of gives the judgments on a commit, see [Store].
func (j *Journal) Of(commit stage.Hash) ([]*stage.Judgment, error) {
	j.mu.Lock()
	file := j.file
	var found []line
	for who := range j.judges {
		if at, ok := j.lines[judgmentKey{commit, uint16(who)}]; ok {
			found = append(found, at)
		}
	}
	j.mu.Unlock()
	judgments := make([]*stage.Judgment, len(found))
	for i, at := range found {
		var err error
		if judgments[i], err = j.read(file, at); err != nil {
			return nil, err
		}
	}
	return judgments, nil
}

// read reads a line that is there: what is in the file does not change.
func (j *Journal) read(file *os.File, at line) (*stage.Judgment, error) {
	text := make([]byte, at.length)
	judgment := new(stage.Judgment)
	_, err := file.ReadAt(text, at.offset)
	if err == nil {
		err = json.Unmarshal(text, judgment)
	}
	if err != nil {
		return nil, fmt.Errorf("journal of scores %s: at byte %d: %w", j.Path, at.offset, err)
	}
	return judgment, nil
}

// Add appends a judgment.
func (j *Journal) Add(_ context.Context, judgment *stage.Judgment) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(judgment); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.users == 0:
		return errors.New("journal of scores: Add to a journal that is not open")
	case j.broken != nil:
		return j.broken
	}
	err := j.append(judgment, text.Bytes())
	if err != nil {
		j.broken = fmt.Errorf("journal of scores %s: %w", j.Path, err)
		return j.broken
	}
	return nil
}

func (j *Journal) append(judgment *stage.Judgment, text []byte) error {
	if _, err := j.file.WriteAt(text, j.size); err != nil {
		return err
	}
	if err := j.index(judgment, len(text)); err != nil {
		return err
	}
	if time.Since(j.synced) < syncInterval {
		return nil
	}
	return j.sync()
}

func (j *Journal) sync() error {
	j.synced = time.Now()
	return j.file.Sync()
}

// Close syncs and closes the file, once everybody has closed j.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.users == 0 {
		return nil
	}
	if j.users--; j.users > 0 {
		return nil
	}
	return errors.Join(j.sync(), j.release())
}

// release gives up the file and the lock.
func (j *Journal) release() error {
	var err error
	if j.file != nil {
		err = j.file.Close()
		j.file = nil
	}
	return errors.Join(err, j.lock.Close())
}

// syncDir makes the name of a new file survive a crash of the machine.
func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
