package object

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
	"github.com/commitflow/commitflow/stage"
)

// longestReplacement is how many replacements git follows from one object.
const longestReplacement = 5

// replacement follows refs/replace/ from an object to the one that stands for
// it.
func (s *Store) replacement(id stage.Hash) (stage.Hash, error) {
	if len(s.replaced) == 0 {
		return id, nil
	}
	for range longestReplacement {
		next, ok := s.replaced[id]
		if !ok {
			return id, nil
		}
		id = next
	}
	return id, corrupt("more than %d replacements in a row", longestReplacement)
}

// replacements reads refs/replace/, unless the user or the repository has
// turned it off; see git-replace(1).
func replacements(ctx context.Context, repo *gitcmd.Repository) (map[stage.Hash]stage.Hash, error) {
	if _, off := os.LookupEnv("GIT_NO_REPLACE_OBJECTS"); off {
		return nil, nil
	}
	const refs = "refs/replace/"
	replaced := map[stage.Hash]stage.Hash{}
	err := repo.Lines(ctx, func(line []byte) error {
		by, name, _ := strings.Cut(string(line), " ")
		id, err := stage.ParseHash(strings.TrimPrefix(name, refs))
		if err != nil {
			return nil // git passes over names that are no object's, with a warning
		}
		replaced[id], err = stage.ParseHash(by)
		return err
	}, "for-each-ref", "--format=%(objectname) %(refname)", refs)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", refs, err)
	}
	if len(replaced) == 0 {
		return nil, nil
	}
	used, err := configured(ctx, repo, "core.useReplaceRefs", true)
	if err != nil || !used {
		return nil, err
	}
	return replaced, nil
}

// configured reads a setting of the repository that is true or false.
func configured(ctx context.Context, repo *gitcmd.Repository, key string, unset bool) (bool, error) {
	out, err := repo.Output(ctx, "config", "--type=bool", "--get", key)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return unset, nil
	}
	return string(out) == "true\n", err
}

// graftsSize bounds the files that override parents.
const graftsSize = 256 << 20

// readGrafts reads which commits have other parents than their object says:
// one commit a line in both files, followed by its parents in info/grafts. A
// line of `shallow` has none: the clone ends there. See
// gitrepository-layout(5).
func readGrafts(repo *gitcmd.Repository) (map[stage.Hash][]stage.Hash, error) {
	grafts := map[stage.Hash][]stage.Hash{}
	for _, name := range []string{repo.GraftsFile, repo.ShallowFile} {
		err := eachLine(name, func(line []byte) error {
			if line[0] == '#' {
				return nil
			}
			fields := bytes.Fields(line)
			ids := make([]stage.Hash, len(fields))
			for i := range fields {
				var err error
				if ids[i], err = stage.ParseHash(string(fields[i])); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			if len(ids) > 0 {
				grafts[ids[0]] = ids[1:]
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return grafts, nil
}

// eachLine calls each for the lines of a file that are not empty. A file that
// does not exist has none.
func eachLine(name string, each func(line []byte) error) error {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() > graftsSize {
		return corrupt("%s is no regular file of a sensible size", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, graftsSize))
	if err != nil {
		return err
	}
	for line := range bytes.SplitSeq(content, []byte{'\n'}) {
		if len(line) == 0 {
			continue
		}
		if err := each(line); err != nil {
			return err
		}
	}
	return nil
}
