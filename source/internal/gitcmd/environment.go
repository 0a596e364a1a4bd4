// Package gitcmd runs the git program, also in repositories whose
// configuration nobody has vetted. Every git child of this library is started
// here, so that one place decides what a child may see and do.
//
// A repository's own configuration can name programs that git then runs: hooks,
// a file system monitor, diff and text conversion drivers, signature checkers,
// transports. Children started here run none of them, never ask for anything,
// and reach no other machine. They see neither the user's nor the system's
// configuration, so that what they print depends on the repository alone.
package gitcmd

import (
	"os"
	"slices"
	"strings"
)

// overrides outrank the repository's configuration, which may be hostile, and
// the user's, which is seen only while a repository is looked for.
var overrides = []string{
	"core.fsmonitor=false",
	"core.hooksPath=" + os.DevNull,
	"core.attributesFile=" + os.DevNull,
	"core.alternateRefsCommand=:",
	"gpg.program=false",
	"gpg.openpgp.program=false",
	"gpg.x509.program=false",
	"gpg.ssh.program=false",
	"gpg.ssh.defaultKeyCommand=false",
	"log.showSignature=false",
	"submodule.recurse=false",
	"protocol.allow=never",
}

// environment is what every child gets: the caller's environment without what
// steers git, and the settings that keep git quiet, local and predictable.
//
// GIT_ALLOW_PROTOCOL with no protocol in it is what keeps a partial clone from
// fetching missing objects under versions of git that do not know
// GIT_NO_LAZY_FETCH (older than 2.44).
func environment(userConfig bool) []string {
	env := slices.DeleteFunc(os.Environ(), steersGit)
	env = append(env,
		"LC_ALL=C",
		"LANGUAGE=",
		"GIT_ALLOW_PROTOCOL=",
		"GIT_ATTR_NOSYSTEM=1",
		"GIT_NO_LAZY_FETCH=1",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_PAGER=cat",
		"GIT_TERMINAL_PROMPT=0",
	)
	if !userConfig {
		env = append(env, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	}
	return env
}

// steersGit tells the variables that would point git at another repository,
// inject configuration or write traces. GIT_NO_REPLACE_OBJECTS is the user's
// wish and GIT_EXEC_PATH the installation's: both stay.
func steersGit(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	switch name {
	case "GIT_EXEC_PATH", "GIT_NO_REPLACE_OBJECTS":
		return false
	case "LC_ALL", "LANGUAGE":
		return true
	}
	return strings.HasPrefix(name, "GIT_")
}

// arguments puts the overrides before the command, and after a command that
// can print patches the options that keep it from running diff drivers.
func arguments(args []string) []string {
	all := make([]string, 0, 1+2*len(overrides)+len(args)+2)
	all = append(all, "--no-pager")
	for _, setting := range overrides {
		all = append(all, "-c", setting)
	}
	for i, arg := range args {
		all = append(all, arg)
		if strings.HasPrefix(arg, "-") {
			continue
		}
		switch arg {
		case "diff", "diff-files", "diff-index", "diff-tree", "format-patch", "log", "show":
			all = append(all, "--no-ext-diff", "--no-textconv")
		}
		return append(all, args[i+1:]...)
	}
	return all
}
