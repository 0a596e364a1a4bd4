package stage

import (
	"context"
	"slices"
	"strings"
)

// Subsystems names the parts of the project that a commit touches, by the
// directories of its paths: "mm", "kernel/sched", "drivers/net", "fs/ext4".
//
// A file belongs to the first two directories of its path, or to fewer where
// it has fewer: mm/slub.c to "mm", net/core/sock.c and net/core/dev.c to
// "net/core", kernel/fork.c to "kernel". Files in the top directory belong to
// no subsystem. Where the people of the kernel draw the line elsewhere,
// directoryRules says so: headers below include/ belong to the subsystem they
// serve if their directory tells which, all of Documentation is one, graphics
// and wireless drivers are subsystems of their own.
//
// Both paths of a rename count. Process is safe for concurrent use and takes
// memory for the list only, since the names share the paths' memory.
type Subsystems struct{}

var _ Processor[*Commit, *Commit] = Subsystems{}

// Process sets c.Subsystems, in the order of the files.
func (Subsystems) Process(_ context.Context, c *Commit, emit func(*Commit)) error {
	c.Subsystems = subsystemsOf(c.Files)
	emit(c)
	return nil
}

// directoryRule says how the files below a directory are named.
type directoryRule struct {
	dir string // ends in a slash
	// name is what they are called; "" means by their first directories.
	name string
	// depth is how many directories then make the name.
	depth int
}

// plainDepth is the depth where no rule says otherwise.
const plainDepth = 2

// directoryRules are the exceptions. The first that fits counts.
var directoryRules = []directoryRule{
	{dir: "Documentation/", depth: 1},
	{dir: "doc/", depth: 1},
	{dir: "docs/", depth: 1},
	{dir: "configs/", depth: 1},
	{dir: "scripts/", depth: 1},
	{dir: "samples/", depth: 1},

	{dir: "drivers/gpu/drm/", depth: 3},
	{dir: "drivers/net/ethernet/", depth: 3},
	{dir: "drivers/net/wireless/", depth: 3},
	{dir: "drivers/staging/", depth: 3},
	{dir: "tools/testing/selftests/", depth: 3},

	{dir: "include/acpi/", name: "drivers/acpi"},
	{dir: "include/crypto/", name: "crypto"},
	{dir: "include/drm/", name: "drivers/gpu/drm"},
	{dir: "include/kvm/", name: "virt/kvm"},
	{dir: "include/media/", name: "drivers/media"},
	{dir: "include/net/", name: "net"},
	{dir: "include/rdma/", name: "drivers/infiniband"},
	{dir: "include/scsi/", name: "drivers/scsi"},
	{dir: "include/sound/", name: "sound"},
	{dir: "include/xen/", name: "drivers/xen"},
	{dir: "include/uapi/", depth: 2},
	{dir: "include/configs/", depth: 2},
	{dir: "include/dt-bindings/", depth: 2},
	{dir: "include/", depth: 1},
}

// subsystemOf names the subsystem of a path, or gives "".
func subsystemOf(name string) string {
	depth := plainDepth
	for i := range directoryRules {
		if r := &directoryRules[i]; strings.HasPrefix(name, r.dir) {
			if r.name != "" {
				return r.name
			}
			depth = r.depth
			break
		}
	}
	end := 0
	for range depth {
		slash := strings.IndexByte(name[end:], '/')
		if slash < 0 {
			break
		}
		end += slash + 1
	}
	return strings.TrimSuffix(name[:end], "/")
}

// manySubsystems is from where on a map finds the known names faster. Few
// commits get there.
const manySubsystems = 32

func subsystemsOf(files []FileChange) []string {
	var names distinctNames
	eachSubsystem(files, names.add)
	return names.list
}

// eachSubsystem calls each for the subsystems of files, for none twice in a row.
func eachSubsystem(files []FileChange, each func(name string)) {
	last := "" // files come sorted, so that the last name is the most likely one
	one := func(path string) {
		if name := subsystemOf(path); name != "" && name != last {
			last = name
			each(name)
		}
	}
	for i := range files {
		f := &files[i]
		one(f.Path())
		if f.OldPath != "" && f.OldPath != f.NewPath {
			one(f.OldPath)
		}
	}
}

// distinctNames gathers names, each once, in the order in which they come.
type distinctNames struct {
	list  []string
	known map[string]bool // of long lists
}

func (d *distinctNames) add(name string) {
	switch {
	case d.known != nil:
		if d.known[name] {
			return
		}
		d.known[name] = true
	case slices.Contains(d.list, name):
		return
	case len(d.list) == manySubsystems:
		d.known = map[string]bool{name: true}
		for _, n := range d.list {
			d.known[n] = true
		}
	}
	d.list = append(d.list, name)
}

// InSubsystems gives a test for [Filter]: whether a commit belongs to any of
// the subsystems, as a user names them. A name fits
//
//   - the subsystem of that name, in any case, be it a section of a MAINTAINERS
//     file or a directory, whichever the commit's Subsystems hold,
//   - every subsystem below it, if it is a directory: "drivers" fits
//     "drivers/net", and does not fit "drivers-x/net",
//   - and every commit that touches a file below it, so that directories
//     deeper than the subsystems ("net/ipv4/netfilter") can be asked for.
//
// Blanks around a name and slashes at its end do not matter; empty names fit
// nothing. Without any name no commit fits.
func InSubsystems(names ...string) func(*Commit) bool {
	var wanted []string
	for _, name := range names {
		if name = strings.TrimRight(strings.TrimSpace(name), "/"); name != "" {
			wanted = append(wanted, name)
		}
	}
	return func(c *Commit) bool {
		for _, name := range wanted {
			if slices.ContainsFunc(c.Subsystems, func(s string) bool { return isOrBelow(s, name) }) {
				return true
			}
		}
		for i := range c.Files {
			oldPath, newPath := c.Files[i].OldPath, c.Files[i].NewPath
			for _, name := range wanted {
				if isBelow(newPath, name) || isBelow(oldPath, name) ||
					isOrBelow(subsystemOf(newPath), name) || isOrBelow(subsystemOf(oldPath), name) {
					return true
				}
			}
		}
		return false
	}
}

func isOrBelow(subsystem, name string) bool {
	return equalFoldASCII(subsystem, name) || isBelow(subsystem, name)
}

// isBelow tells whether a path lies below a directory.
func isBelow(path, dir string) bool {
	return len(path) > len(dir) && path[len(dir)] == '/' && path[:len(dir)] == dir
}
