package gitcmd

import (
	"context"
	"errors"
	"os/exec"
	"strings"
)

// Config gives the value that the repository's own configuration has for a key,
// and whether it has one. kind is a type of git-config(1), such as "path" for
// one in which "~/" is the user's home, or "".
func (r *Repository) Config(ctx context.Context, key, kind string) (value string, set bool, err error) {
	args := []string{"config", "--null"}
	if kind != "" {
		args = append(args, "--type="+kind)
	}
	out, err := r.Output(ctx, append(args, "--get", key)...)
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == 1 && ctx.Err() == nil {
			return "", false, nil // no such key
		}
		return "", false, err
	}
	return strings.TrimSuffix(string(out), "\x00"), true, nil
}

// Bare tells that no work tree was found.
func (r *Repository) Bare() bool { return r.home == r.GitDir }

// Below gives the path of a file that is named relative to the top of the work
// tree, or to the repository where there is none.
func (r *Repository) Below(path string) string { return below(r.home, path) }
