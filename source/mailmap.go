package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/source/internal/object"
	"github.com/commitflow/commitflow/stage"
)

// mailmapBytes is the largest mailmap that is read.
const mailmapBytes = 64 << 20

var _ stage.MailmapSource = (*Git)(nil)

// Mailmap reads the repository's mailmap: HEAD's .mailmap, and what the
// repository's own configuration names by mailmap.blob and mailmap.file, of
// which the later outranks the earlier (see git-config(1)). In a bare repository
// mailmap.blob takes the place of HEAD's .mailmap. The files of a work tree and
// the user's configuration do not matter. It opens g if it is not open yet.
// Without any of them the mailmap is empty.
func (g *Git) Mailmap(ctx context.Context) (*stage.Mailmap, error) {
	if err := g.Open(ctx); err != nil {
		return nil, err
	}
	g.mu.Lock()
	repo := g.repo
	g.mu.Unlock()
	if repo == nil {
		return nil, errNotOpen
	}
	m := &stage.Mailmap{}
	named, blobSet, err := repo.Config(ctx, "mailmap.blob", "")
	if err != nil {
		return nil, err
	}
	if !blobSet || !repo.Bare() {
		if err := g.addMailmapBlob(ctx, m, repo, "HEAD:.mailmap"); err != nil {
			return nil, err
		}
	}
	if blobSet {
		if err := g.addMailmapBlob(ctx, m, repo, named); err != nil {
			return nil, err
		}
	}
	file, fileSet, err := repo.Config(ctx, "mailmap.file", "path")
	if err != nil || !fileSet {
		return m, err
	}
	text, err := readMailmapFile(repo.Below(file))
	if err != nil {
		return nil, fmt.Errorf("mailmap.file of the repository's configuration: %w", err)
	}
	m.Add(text)
	return m, nil
}

// addMailmapBlob adds the blob of that name, if there is one.
func (g *Git) addMailmapBlob(ctx context.Context, m *stage.Mailmap, repo *gitcmd.Repository, name string) error {
	if strings.HasPrefix(name, "-") {
		return nil // an option, not an object
	}
	out, err := repo.Output(ctx, "rev-parse", "--verify", "--quiet", name)
	if err != nil {
		var failed *gitcmd.Error
		if errors.As(err, &failed) && ctx.Err() == nil && failed.Stderr == "" {
			return nil // there is none
		}
		return err
	}
	id, err := stage.ParseHash(strings.TrimSpace(string(out)))
	if err != nil {
		return err
	}
	objects, _, err := g.opened()
	if err != nil {
		return err
	}
	if kind, size, err := objects.Stat(ctx, id); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	} else if kind != object.Blob {
		return fmt.Errorf("%s is a %s, not a file", name, kind)
	} else if size > mailmapBytes {
		return fmt.Errorf("%s has %d bytes: a mailmap of up to %d is read", name, size, mailmapBytes)
	}
	text, err := objects.Blob(ctx, id)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	m.Add(string(text))
	return nil
}

// readMailmapFile reads a file, or gives "" where there is none, as git does.
func readMailmapFile(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is no ordinary file", path)
	case info.Size() > mailmapBytes:
		return "", fmt.Errorf("%s has %d bytes: a mailmap of up to %d is read", path, info.Size(), mailmapBytes)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, mailmapBytes))
	return string(text), err
}
