package gitcmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Clone makes dir a bare copy of the repository at url, with all of its
// branches and tags, and writes git's progress to progress. dir appears only
// once it is complete. This is the one child that may reach another machine: by
// git's own transports, with the user's configuration and credentials, but
// without asking for any.
func Clone(ctx context.Context, url, dir string, progress io.Writer) (err error) {
	if _, err := Version(ctx); err != nil {
		return err
	}
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("clone into %s: it exists already: read it without cloning, or name another directory", dir)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return fmt.Errorf("clone into %s: %w", dir, err)
	}
	partial, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".partial-")
	if err != nil {
		return fmt.Errorf("clone into %s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(partial)
		}
	}()
	args := []string{"clone", "--bare", "--template=", "--progress", "--", url, partial}
	var said tail
	command := exec.CommandContext(ctx, "git", args...)
	command.Env = append(slices.DeleteFunc(environment(true), deniesNetwork),
		"GIT_ALLOW_PROTOCOL=file:git:http:https:ssh")
	command.Stdout = progress
	command.Stderr = io.MultiWriter(progress, &said)
	command.WaitDelay = reapDelay
	if err := command.Run(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return fmt.Errorf("clone %s: %w", withoutPassword(url), &Error{Args: args[:1], Stderr: said.String(), Err: err})
	}
	if err := os.Rename(partial, dir); err != nil {
		return fmt.Errorf("clone into %s: %w", dir, err)
	}
	return nil
}

func deniesNetwork(variable string) bool {
	return strings.HasPrefix(variable, "GIT_ALLOW_PROTOCOL=")
}

// withoutPassword cuts user and password out of a URL, for an error message.
func withoutPassword(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	host, path, _ := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	return scheme + "://" + host + "/" + path
}
