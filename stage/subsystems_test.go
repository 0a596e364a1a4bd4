package stage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// touching gives a commit that has changed the paths; "old>new" is a rename.
func touching(paths string) *Commit {
	c := &Commit{}
	for name := range strings.FieldsSeq(paths) {
		f := FileChange{Kind: Modified, OldPath: name, NewPath: name}
		if before, after, renamed := strings.Cut(name, ">"); renamed {
			f = FileChange{Kind: Renamed, OldPath: before, NewPath: after}
		}
		c.Files = append(c.Files, f)
	}
	return c
}

func withSubsystems(t testing.TB, c *Commit) *Commit {
	t.Helper()
	require.NoError(t, Subsystems{}.Process(t.Context(), c, func(*Commit) {}))
	return c
}

func TestSubsystemsFollowTheDirectories(t *testing.T) {
	tests := []struct{ paths, want string }{
		{"mm/slub.c", "mm"},
		{"mm/kasan/report.c", "mm/kasan"},
		{"kernel/fork.c", "kernel"},
		{"kernel/sched/core.c", "kernel/sched"},
		{"fs/ext4/inode.c", "fs/ext4"},
		{"net/ipv4/netfilter/ip_tables.c", "net/ipv4"},
		{"drivers/net/phy/phy.c", "drivers/net"},
		{"drivers/net/ethernet/intel/e1000/e1000.c", "drivers/net/ethernet"},
		{"drivers/gpu/drm/i915/i915.c", "drivers/gpu/drm"},
		{"drivers/gpu/host1x/dev.c", "drivers/gpu"},
		{"arch/arm/mach-imx/cpu.c", "arch/arm"},
		{"sound/soc/codecs/x.c", "sound/soc"},
		{"tools/perf/util/x.c", "tools/perf"},
		{"tools/testing/selftests/mm/x.c", "tools/testing/selftests"},
		{"lib/string.c", "lib"},
		{"Documentation/mm/slub.rst", "Documentation"},
		{"include/linux/mm.h", "include"},
		{"include/net/tcp.h", "net"},
		{"include/drm/drm.h", "drivers/gpu/drm"},
		{"include/uapi/linux/if.h", "include/uapi"},
		{".github/workflows/ci.yml", ".github/workflows"},
		{"Makefile", ""},
		{"", ""},

		{"mm/a.c mm/b.c kernel/c.c mm/d.c", "mm kernel"},
		{"drivers/net/a.c include/net/b.h net/core/c.c", "drivers/net net net/core"},
		{"drivers/usb/a.c>drivers/phy/a.c", "drivers/phy drivers/usb"},
		{"mm/a.c>mm/b.c", "mm"},
	}
	for _, test := range tests {
		t.Run(test.paths, func(t *testing.T) {
			assert.Equal(t, test.want, strings.Join(withSubsystems(t, touching(test.paths)).Subsystems, " "))
		})
	}
}

func TestADeletedFileHasItsOldSubsystem(t *testing.T) {
	c := withSubsystems(t, &Commit{Files: []FileChange{{Kind: Deleted, OldPath: "mm/slub.c"}}})
	assert.Equal(t, []string{"mm"}, c.Subsystems)
}

func TestSubsystemsOfATreewideCommitAreListedOnce(t *testing.T) {
	c := &Commit{}
	var want []string
	for range 3 {
		for i := range 3 * manySubsystems {
			c.Files = append(c.Files, FileChange{Kind: Added, NewPath: fmt.Sprintf("fs/fs%d/inode.c", i)})
		}
	}
	for i := range 3 * manySubsystems {
		want = append(want, fmt.Sprintf("fs/fs%d", i))
	}
	assert.Equal(t, want, withSubsystems(t, c).Subsystems)
}

func TestInSubsystemsTakesNamesAsUsersWriteThem(t *testing.T) {
	c := withSubsystems(t, touching("drivers/net/phy/phy.c kernel/sched/core.c Makefile"))
	for name, want := range map[string]bool{
		"drivers/net":     true,
		"drivers/net/":    true,
		" drivers/net ":   true,
		"Drivers/Net":     true,
		"drivers":         true,
		"drivers/net/phy": true,
		"kernel":          true,
		"drivers/n":       false,
		"driver":          false,
		"net":             false,
		"drivers/usb":     false,
		"Makefile":        false,
		"":                false,
		"/":               false,
	} {
		assert.Equal(t, want, InSubsystems(name)(c), "%q", name)
		assert.Equal(t, want, InSubsystems("fs/ext4", name)(c), "%q after another", name)
	}
	assert.False(t, InSubsystems()(c))
	assert.True(t, InSubsystems("memory management")(&Commit{Subsystems: []string{"MEMORY MANAGEMENT"}}), "a section's title")
}

func BenchmarkSubsystems(b *testing.B) {
	treewide := &Commit{}
	for i := range 1000 {
		treewide.Files = append(treewide.Files, FileChange{NewPath: fmt.Sprintf("drivers/d%d/file%d.c", i/10, i)})
	}
	for _, bench := range []struct {
		name   string
		commit *Commit
	}{
		{"3 files", touching("drivers/net/phy/phy.c drivers/net/phy/Kconfig include/linux/phy.h")},
		{"1000 files", treewide},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = Subsystems{}.Process(b.Context(), bench.commit, func(*Commit) {})
			}
		})
	}
}
