package gitcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// oldestGit is the first version with everything that is asked of git here.
const oldestGit = "2.20"

// ErrGitTooOld tells that the installed git is older than this package needs.
var ErrGitTooOld = errors.New("git is too old: install git " + oldestGit + " or newer")

// Version asks the installed git for its version, such as "2.39.5". A version
// older than 2.20 is an error that wraps [ErrGitTooOld]; no git at all is
// [ErrGitMissing].
func Version(ctx context.Context) (string, error) {
	out, err := run(ctx, "", false, 4<<10, []string{"version"})
	if err != nil {
		return "", err
	}
	return supported(string(out))
}

// supported reads what `git version` prints and refuses old versions.
func supported(printed string) (string, error) {
	text, found := strings.CutPrefix(strings.TrimSpace(printed), "git version ")
	text, _, _ = strings.Cut(text, " ") // some builds add their own name
	var major, minor int
	if _, err := fmt.Sscanf(text, "%d.%d", &major, &minor); !found || err != nil {
		return "", fmt.Errorf("git version printed %.60q, which is no version", printed)
	}
	if major < 2 || major == 2 && minor < 20 {
		return text, fmt.Errorf("found git %s: %w", text, ErrGitTooOld)
	}
	return text, nil
}
