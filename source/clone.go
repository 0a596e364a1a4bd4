package source

import (
	"context"
	"io"
	"path"
	"strings"

	"github.com/commitflow/commitflow/source/internal/gitcmd"
)

// Clone makes dir a bare copy of the repository at url, which is anything that
// `git clone` takes, and writes git's progress to progress. dir must not exist;
// it appears only once the copy is complete. Cancelling ctx ends the transfer
// and leaves nothing behind.
func Clone(ctx context.Context, url, dir string, progress io.Writer) error {
	return gitcmd.Clone(ctx, url, dir, progress)
}

// CloneName is the directory that `git clone --bare` would choose for a URL:
// "linux.git" for "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git".
func CloneName(url string) string {
	name := strings.TrimSuffix(path.Base(strings.TrimRight(url, "/")), ".git")
	if colon := strings.LastIndexByte(name, ':'); colon >= 0 { // host:repository
		name = name[colon+1:]
	}
	return name + ".git"
}
