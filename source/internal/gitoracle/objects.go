package gitoracle

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/commitflow/commitflow/stage"
)

// maxCached bounds the bytes of objects that are kept in memory.
const maxCached = 512 << 20

// Objects reads the objects of a repository through `git cat-file`.
type Objects struct {
	mu       sync.Mutex
	contents *conversation
	sizes    *conversation
	cached   map[stage.Hash][]byte
	bytes    int
	lengths  map[stage.Hash]int64
}

// Objects starts the reading of a repository's objects, for as long as the
// test lasts.
func (r Repo) Objects(t testing.TB) *Objects {
	t.Helper()
	return &Objects{
		contents: r.converse(t, "--batch"),
		sizes:    r.converse(t, "--batch-check"),
		cached:   map[stage.Hash][]byte{},
		lengths:  map[stage.Hash]int64{},
	}
}

// conversation is a running `git cat-file`.
type conversation struct {
	ask    io.WriteCloser
	answer *bufio.Reader
}

func (r Repo) converse(t testing.TB, mode string) *conversation {
	t.Helper()
	cmd := r.command("cat-file", mode)
	ask, err := cmd.StdinPipe()
	require.NoError(t, err)
	answer, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		ask.Close()
		require.NoError(t, cmd.Wait())
	})
	return &conversation{ask, bufio.NewReaderSize(answer, 1<<16)}
}

// header asks for an object and gives its size.
func (c *conversation) header(id stage.Hash) (int64, error) {
	if _, err := io.WriteString(c.ask, id.String()+"\n"); err != nil {
		return 0, err
	}
	line, err := c.answer.ReadString('\n')
	if err != nil {
		return 0, err
	}
	part := strings.Fields(line)
	if len(part) == 2 && part[1] == "missing" {
		return 0, fmt.Errorf("object %s: %w", id, stage.ErrMissing)
	}
	if len(part) != 3 {
		return 0, fmt.Errorf("object %s: unexpected answer %q", id, line)
	}
	return strconv.ParseInt(part[2], 10, 64)
}

// Tree gives the content of a tree.
func (o *Objects) Tree(_ context.Context, id stage.Hash) ([]byte, error) { return o.content(id) }

// Blob gives the content of a blob.
func (o *Objects) Blob(_ context.Context, id stage.Hash) ([]byte, error) { return o.content(id) }

func (o *Objects) content(id stage.Hash) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if data, ok := o.cached[id]; ok {
		return data, nil
	}
	size, err := o.contents.header(id)
	if err != nil {
		return nil, err
	}
	data := make([]byte, size+1)
	if _, err := io.ReadFull(o.contents.answer, data); err != nil {
		return nil, err
	}
	data = data[:size:size]
	if o.bytes += len(data); o.bytes > maxCached {
		o.bytes = len(data)
		clear(o.cached)
	}
	o.cached[id] = data
	return data, nil
}

// Size gives the length of an object's content.
func (o *Objects) Size(_ context.Context, id stage.Hash) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if size, ok := o.lengths[id]; ok {
		return size, nil
	}
	size, err := o.sizes.header(id)
	if err == nil {
		o.lengths[id] = size
	}
	return size, err
}
