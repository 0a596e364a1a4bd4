package synthetic

import (
	"bufio"
	"bytes"
	"context"
	enchex "encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// commitsPerProcess bounds the memory of git fast-import, which keeps some
// fifty bytes for every object it has written: a dozen with a commit.
const commitsPerProcess = 400_000

// importer speaks to git fast-import. Every commit is given the same mark and
// its hash asked for at once; the answers are read along the way, so that
// asking does not wait.
//
// Before a new version of a file, fast-import is asked to print the old one,
// which is then thrown away: it takes the last blob at hand as the base of a
// delta, and that would be one of another file. So packs are a quarter as
// large, made of delta chains like a real repository's, and sooner written.
type importer struct {
	ctx    context.Context
	limit  int // commits per process
	repo   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	out    *bufio.Writer
	stderr bytes.Buffer
	known  map[string]bool // the branches that this process knows
	buf    []byte

	process  int // counts from 1
	asked    int // commits so far
	inside   int // of them, those of this process
	answered sync.Cond
	mutex    sync.Mutex
	hashes   [][20]byte
	readErr  error
	readDone chan struct{}
}

// gitEnv is the environment without what could change the outcome.
func gitEnv() []string {
	env := []string{"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C"}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GIT_") {
			env = append(env, variable)
		}
	}
	return env
}

func git(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = gitEnv()
	if out, err := cmd.CombinedOutput(); ctx.Err() != nil {
		return ctx.Err()
	} else if err != nil {
		return fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return nil
}

func newImporter(ctx context.Context, repo string, limit int) (*importer, error) {
	if err := git(ctx, "init", "-q", "--bare", "--template=", "--object-format=sha1", "--initial-branch=main", repo); err != nil {
		return nil, err
	}
	im := &importer{ctx: ctx, repo: repo, limit: limit}
	im.answered.L = &im.mutex
	return im, im.start()
}

func (im *importer) start() error {
	im.cmd = exec.CommandContext(im.ctx, "git", "--git-dir="+im.repo,
		"-c", "core.compression=1", "-c", "core.deltaBaseCacheLimit=256m", "-c", "fastimport.unpackLimit=1",
		"fast-import", "--quiet", "--force", "--date-format=raw-permissive", "--active-branches=32", "--depth=50")
	im.cmd.Env = gitEnv()
	im.stderr.Reset()
	im.cmd.Stderr = &im.stderr
	stdin, err := im.cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := im.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := im.cmd.Start(); err != nil {
		return err
	}
	im.stdin, im.out = stdin, bufio.NewWriterSize(stdin, 1<<18)
	im.known = map[string]bool{}
	im.process++
	im.inside = 0
	im.readDone = make(chan struct{})
	go im.readHashes(stdout, im.readDone)
	return nil
}

// readHashes takes the answers: for a commit its hash on a line, for a blob
// "<hash> blob <size>", its contents and a line end.
func (im *importer) readHashes(from io.Reader, done chan<- struct{}) {
	defer close(done)
	answers := bufio.NewReaderSize(from, 1<<17)
	err := im.readAnswers(answers)
	im.mutex.Lock()
	if im.readErr == nil {
		im.readErr = err
	}
	im.mutex.Unlock()
	im.answered.Broadcast()
	_, _ = io.Copy(io.Discard, answers) // or git would wait for us
}

// readAnswers ends with io.ErrUnexpectedEOF where the answers do.
func (im *importer) readAnswers(answers *bufio.Reader) error {
	for {
		answer, err := answers.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
		hash, blob, isBlob := bytes.Cut(bytes.TrimSuffix(answer, []byte{'\n'}), []byte(" blob "))
		if isBlob {
			size, err := strconv.Atoi(string(blob))
			if err == nil {
				_, err = answers.Discard(size + 1)
			}
			if err != nil {
				return fmt.Errorf("contents of a blob: %w", err)
			}
			continue
		}
		var id [20]byte
		if n, err := enchex.Decode(id[:], hash); n != len(id) || err != nil {
			return fmt.Errorf("unexpected answer %q", answer)
		}
		im.mutex.Lock()
		im.hashes = append(im.hashes, id)
		im.mutex.Unlock()
		im.answered.Signal()
	}
}

// hash gives the hash of an earlier commit. After a failure of git it gives
// zeros; the failure is reported by finish.
func (im *importer) hash(number int) string {
	im.mutex.Lock()
	waits := number >= len(im.hashes)
	im.mutex.Unlock()
	if waits {
		_ = im.out.Flush() // a bufio.Writer keeps its error
	}
	im.mutex.Lock()
	defer im.mutex.Unlock()
	for number >= len(im.hashes) && im.readErr == nil {
		im.answered.Wait()
	}
	if number >= len(im.hashes) {
		return strings.Repeat("0", 40)
	}
	return enchex.EncodeToString(im.hashes[number][:])
}

// finish ends the process and waits for it.
func (im *importer) finish() error {
	flushErr := im.out.Flush()
	closeErr := im.stdin.Close()
	<-im.readDone
	err := im.cmd.Wait()
	im.mutex.Lock()
	defer im.mutex.Unlock()
	if err == nil && errors.Is(im.readErr, io.ErrUnexpectedEOF) {
		im.readErr = nil // the end was expected after all
	}
	if err = errors.Join(err, flushErr, closeErr, im.readErr); err != nil {
		if ctxErr := im.ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		return fmt.Errorf("git fast-import: %w: %s", err, bytes.TrimSpace(im.stderr.Bytes()))
	}
	if im.asked != len(im.hashes) {
		return fmt.Errorf("git fast-import answered %d times for %d commits", len(im.hashes), im.asked)
	}
	return nil
}

// restart goes on in a new process; what the old one knew lies in the
// repository then.
func (im *importer) restart() error {
	if err := im.finish(); err != nil {
		return err
	}
	return im.start()
}

// commitish names a branch's tip for from and merge commands.
func (im *importer) commitish(branch string) string {
	if im.known[branch] {
		return "refs/heads/" + branch
	}
	return "refs/heads/" + branch + "^0"
}

// identity is one of a commit's two signatures.
type identity struct {
	person
	seconds int64
	zone    string
}

// commitHeader is a commit but for its changes.
type commitHeader struct {
	branch            string
	from              string // a branch to fork from; "" goes on with branch itself
	root              bool   // no parent at all
	merge             []string
	author, committer identity
	message           *text
}

// commit begins a commit; its changes follow by remove and put, and done ends
// it.
func (im *importer) commit(h *commitHeader) error {
	if im.inside == im.limit {
		if err := im.restart(); err != nil {
			return err
		}
	}
	if h.root {
		fmt.Fprintf(im.out, "reset refs/heads/%s\n\n", h.branch)
	}
	fmt.Fprintf(im.out, "commit refs/heads/%s\nmark :1\n", h.branch)
	fmt.Fprintf(im.out, "author %s %d %s\n", h.author.person, h.author.seconds, h.author.zone)
	fmt.Fprintf(im.out, "committer %s %d %s\n", h.committer.person, h.committer.seconds, h.committer.zone)
	if h.message.encoding != "" {
		fmt.Fprintf(im.out, "encoding %s\n", h.message.encoding)
	}
	message := h.message.String()
	fmt.Fprintf(im.out, "data %d\n%s\n", len(message), message)
	switch {
	case h.from != "":
		fmt.Fprintf(im.out, "from %s\n", im.commitish(h.from))
	case !h.root && !im.known[h.branch]:
		fmt.Fprintf(im.out, "from %s\n", im.commitish(h.branch))
	}
	for _, branch := range h.merge {
		fmt.Fprintf(im.out, "merge %s\n", im.commitish(branch))
	}
	im.known[h.branch] = true
	im.asked++
	im.inside++
	return nil
}

func (im *importer) remove(path string) {
	im.out.WriteString("D ")
	im.writePath(path)
}

// put gives a path the file's contents; before is an earlier version of it, or
// nil.
func (im *importer) put(path string, f, before *file) {
	switch {
	case im.ctx.Err() != nil:
		return // a first commit may have many files
	case f.mode == submodule:
		fmt.Fprintf(im.out, "M 160000 %s ", f.target)
		im.writePath(path)
		return
	case f.writer > 0:
		fmt.Fprintf(im.out, "M %06o %x ", uint32(f.mode), f.blob)
		im.writePath(path)
		return
	}
	if before != nil && before.writer == im.process {
		fmt.Fprintf(im.out, "cat-blob %x\n", before.blob)
	}
	fmt.Fprintf(im.out, "M %06o inline ", uint32(f.mode))
	im.writePath(path)
	im.buf = f.appendContent(im.buf[:0])
	f.blob, f.writer = blobID(im.buf), im.process
	fmt.Fprintf(im.out, "data %d\n", len(im.buf))
	im.out.Write(im.buf)
	im.out.WriteByte('\n')
}

// done ends a commit and asks for its hash.
func (im *importer) done() error {
	_, err := im.out.WriteString("\nget-mark :1\n")
	return err
}

// tag puts an annotated tag on a branch.
func (im *importer) tag(name, branch string, tagger identity, message string) {
	fmt.Fprintf(im.out, "tag %s\nfrom %s\ntagger %s %d %s\ndata %d\n%s\n",
		name, im.commitish(branch), tagger.person, tagger.seconds, tagger.zone, len(message), message)
}

// forget removes a branch.
func (im *importer) forget(branch string) {
	fmt.Fprintf(im.out, "reset refs/heads/%s\nfrom %040d\n\n", branch, 0)
}

// writePath writes a path to the end of the line, in C's quotes.
func (im *importer) writePath(path string) {
	im.out.WriteByte('"')
	for i := range len(path) {
		switch c := path[i]; c {
		case '"', '\\':
			im.out.WriteByte('\\')
			im.out.WriteByte(c)
		case '\n':
			im.out.WriteString(`\n`)
		default:
			im.out.WriteByte(c)
		}
	}
	im.out.WriteString("\"\n")
}
